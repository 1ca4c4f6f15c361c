"""A factory daemon in this terminal: no supervisor, no session, no scoreboard file; Ctrl-C stops it.

Knows nothing of the command line and of locks.
"""

from __future__ import annotations

import io
import os
import signal
import sys
from types import FrameType

from udaemon.child.bootstrap import ChildSetup
from udaemon.child.fresh import watch_for_crashes
from udaemon.child.process import report_exit, run
from udaemon.child.report import Reporter
from udaemon.child.scoreboard import SlotWriter
from udaemon.child.signals import Signals
from udaemon.child.spec import ChildSpec

EXIT_INTERRUPTED = 130


class TerminalSignals(Signals):
    """As in the background, but a terminal that hangs up stops a task that does not listen to HUP."""

    interrupted = False

    def __init__(self) -> None:
        super().__init__(hurry=_kill_group)

    def on_stop(self, number: int, frame: FrameType | None = None) -> None:
        """Ask for a stop, and print what Ctrl-C does: nothing else shows before the run is over."""
        if number == signal.SIGINT and not self.stopping:
            self.interrupted = True
            os.write(2, b"udaemon: stopping after this run; once more to kill\n")
        super().on_stop(number, frame)

    def on_other(self, number: int, frame: FrameType | None = None) -> None:
        """HUP without a hook is a stop."""
        if number == signal.SIGHUP and number not in self.hooks:
            self.on_stop(number)
        else:
            super().on_other(number, frame)


def run_here(spec: ChildSpec, *, once: bool = False) -> int:
    """Run the daemon until it ends, or for one run. Returns the exit code: the task's, or 130 after Ctrl-C.

    The process's directory, umask and environment become the daemon's.
    """
    signals = TerminalSignals()
    signals.install()
    watch_for_crashes()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)
    setup = ChildSetup(spec, signals, Reporter(None), SlotWriter.anonymous())
    code = report_exit(setup, run(setup, once=once))
    signals.uninstall()
    return EXIT_INTERRUPTED if code == 0 and signals.interrupted else code


def _kill_group() -> None:
    """KILL ourselves and our children; in a group that is not ours (a shell's pipeline), only ourselves."""
    own = os.getpid()
    if os.getpgrp() == own:
        os.killpg(own, signal.SIGKILL)
    os.kill(own, signal.SIGKILL)
