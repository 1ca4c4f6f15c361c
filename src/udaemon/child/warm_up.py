"""Does what each daemon does first, before any is forked, so that Python has learnt it once for all of them.

Knows nothing of who is forked, and when. Python rewrites code that has been called a few times, and notes where it has
found which attribute. A forked process that learns it by itself writes it to pages that it must copy first: 400 KB for
each daemon. Nothing of the user's is called here, and the process is afterwards as it was before.
"""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import islice

from udaemon.child.bootstrap import BatchSetup, ProcessSetup
from udaemon.child.build import built_of
from udaemon.child.dispositions import unblock_signals
from udaemon.child.forked import without_trace
from udaemon.child.loop import Steps, run_steps
from udaemon.child.process import own_process, prepare
from udaemon.child.recorder import Recorder
from udaemon.child.spec import ChildFds, ChildSpec
from udaemon.child.surroundings import Surroundings, changes
from udaemon.child.task import StopTask

ROUNDS = 10
"""Python 3.11 to 3.13 look at code again when it was called eight times."""
_PAUSE = 1e-4
"""Seconds, long enough that the loop waits by the call that every daemon waits by."""
_HOOKS = (("threading", "_after_fork"), ("logging", "_after_at_fork_child_reinit_locks"), ("random", "seed"))
"""What Python calls in each process that is forked. They set up anew what they find, and so do no harm elsewhere."""


class _Nothing:
    """A task of a few runs."""

    def __init__(self) -> None:
        self._left = 3

    def do_task(self) -> None:
        self._left -= 1
        if not self._left:
            raise StopTask


def create() -> _Nothing:
    """The factory of that daemon."""
    return _Nothing()


def warm_up(become: Callable[[], object], rounds: int = ROUNDS) -> None:
    """Be a daemon that does nothing, so many times. Called while there is one thread.

    Args:
        become: What a forked process does before it calls `begin`.
        rounds: How often.
    """
    # The cache of attributes holds names of what was looked up last, which whoever looks up another lets go of.
    getattr(sys, "_clear_type_cache", int)()
    # Daemons work without: there may be no descriptors left, and a library may have replaced anything.
    with suppress(Exception), _as_it_was(), without_trace():
        for _ in range(rounds):
            for module, hook in _HOOKS:
                getattr(sys.modules.get(module), hook, int)()
            with ExitStack() as stage:
                process = _process(stage)
                become()
                unblock_signals()
                own_process(process)
                gc.disable()
                prepare(process)
                built_of(_run, "a function is a task, too")
                _run(process)


def _process(stage: ExitStack) -> ProcessSetup:
    """A daemon's process, with descriptors of its own; what it leaves open is closed with the stage."""
    parent, write = os.pipe2(os.O_CLOEXEC)
    stage.callback(os.close, write)  # after the other end: its closing is a TERM
    stage.callback(os.close, parent)
    supervisor, events = socket.socketpair()
    stage.callback(supervisor.close)
    fds = ChildFds(output=os.dup(1), parent=parent, events=events.detach())
    mask = os.umask(0)
    os.umask(mask)
    spec = ChildSpec(
        name="warm-up",
        index=0,
        instances=1,
        project="",
        context="",
        factory=f"{__name__}:{create.__name__}",
        params={},
        env={},
        cwd=".",
        umask=mask,
        sleep=1.0,  # a shorter one makes the timers of this process precise
        min_sleep=0.0,
        directory=sys.path[0],
    )
    process = ProcessSetup(spec, fds, BatchSetup(fds))
    process.first = tuple(changes(spec, dict(islice(os.environ.items(), 1)), Surroundings({})))  # all but the marks
    stage.callback(process.signals.uninstall)
    stage.callback(process.reporter.cut_off)
    return process


def _run(process: ProcessSetup) -> None:
    spec, signals = process.spec, process.signals
    recorder = Recorder(spec.name, spec.index, process.writer, process.reporter, {})
    steps = Steps(
        _Nothing().do_task, sleep=_PAUSE, min_sleep=_PAUSE, flags=signals, recorder=recorder, clock=time.monotonic
    )
    run_steps(steps, signals.wait)


@contextmanager
def _as_it_was() -> Iterator[None]:
    """Give back signal mask, standard streams and garbage collection."""
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    collects = gc.isenabled()
    with ExitStack() as stage:
        for fd in (1, 2):
            kept = os.dup(fd)
            stage.callback(os.close, kept)
            stage.callback(os.dup2, kept, fd)
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            (gc.enable if collects else gc.disable)()
