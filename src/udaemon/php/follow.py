"""Stays in the foreground for a launcher that goes into the background: `python -m udaemon.php.follow COMMAND…`.

Knows nothing of PHP. Linux only: as a subreaper (prctl(2)) it becomes the parent of what the launcher leaves behind,
passes signals on to it, and ends as it ends.
"""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from types import FrameType

from udaemon.system import oserror, procfs
from udaemon.system.subreaper import become_subreaper

_NOTHING_STARTED = 75
_NOT_THERE = 78

# The library dies of an INT and leaves its pid file behind; TERM is what it understands.
_PASSED_ON = {
    signal.SIGTERM: signal.SIGTERM,
    signal.SIGINT: signal.SIGTERM,
    signal.SIGQUIT: signal.SIGQUIT,
    signal.SIGHUP: signal.SIGHUP,
    signal.SIGUSR1: signal.SIGUSR1,
    signal.SIGUSR2: signal.SIGUSR2,
}


def main(command: Sequence[str]) -> int:
    """Run the launcher, then wait for its daemon. The result is an exit status as waitpid(2) has it."""
    become_subreaper()
    follower = _Follower()
    for number in _PASSED_ON:
        signal.signal(number, follower.pass_on)
    try:
        launcher = subprocess.Popen(command).pid
    except OSError as error:
        sys.stderr.write(f"udaemon: {command[0]}: {oserror.reason(error)}\n")
        return _NOT_THERE << 8
    status = follower.wait(launcher)
    if status:
        return status
    daemon = follower.left_behind(launcher)
    if daemon is None:
        sys.stderr.write("udaemon: the launcher started nothing: it runs already, or could not say why not\n")
        return _NOTHING_STARTED << 8
    follower.target(daemon)
    return follower.wait(daemon)


class _Follower:
    """Which process is meant now, and the children that ended meanwhile."""

    def __init__(self) -> None:
        self._pid: int | None = None
        self._ended: dict[int, int] = {}
        self._pending: list[int] = []

    def target(self, pid: int) -> None:
        """Let signals go to this process, those that came before too: a launcher knows nothing to do with them."""
        self._pid = pid
        pending, self._pending = self._pending, []
        for number in pending:
            self.pass_on(number, None)

    def pass_on(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 - a signal handler
        """Pass a signal on, or keep it until there is somebody to have it."""
        if self._pid is None:
            self._pending.append(number)
        elif self._pid not in self._ended:
            # Reaped between waitpid and the note of it: there is nobody left to tell.
            with suppress(ProcessLookupError):
                os.kill(self._pid, _PASSED_ON[signal.Signals(number)])

    def wait(self, pid: int) -> int:
        """Wait for a child; others that end are reaped and noted."""
        while pid not in self._ended:
            ended, status = os.waitpid(-1, 0)
            self._ended[ended] = status
        return self._ended[pid]

    def left_behind(self, launcher: int) -> int | None:
        """The launcher's daemon, alive or ended since."""
        return next(iter(procfs.children()), None) or next((pid for pid in self._ended if pid != launcher), None)


def _end_as(status: int) -> None:
    """End this process as the other has ended: by the same exit code or signal."""
    if os.WIFSIGNALED(status):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        number = os.WTERMSIG(status)
        if number not in {signal.SIGKILL, signal.SIGSTOP}:
            signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    sys.stderr.flush()
    os._exit(os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    _end_as(main(sys.argv[1:]))
