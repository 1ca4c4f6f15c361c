"""The process between a zygote and what is forked from it: it forks children and ends, so that they are re-parented.

Knows nothing of how many, and for whom. The zygote reaps it before it tells of a child: until then one that died
already can be seen by pidfd but not be waited for.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # as in child/signals.py
import os
import select
import sys
import traceback
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from udaemon.child.dispositions import clean_signals
from udaemon.child.signals import OTHERS, STOPS
from udaemon.child.stack import Life, go_on
from udaemon.engines.zygote.pickling import unpack
from udaemon.engines.zygote.process import ZygoteProcess
from udaemon.engines.zygote.wire import Part
from udaemon.system import oom

_WAITING = (*STOPS, *OTHERS)


def fork_intermediate(be: Callable[[int], Life | int]) -> tuple[int, int]:
    """Fork it. Returns its pid, and the read end of a pipe that does not block.

    Args:
        be: What it does: called with the write end, on which it says what it has forked.

    Raises:
        OSError: It cannot be forked.
    """
    # A module may have set it to be ignored: then the kernel would reap our grandchildren, and their status is lost.
    _signal.signal(_signal.SIGCHLD, _signal.SIG_DFL)
    sys.stdout.flush()
    sys.stderr.flush()
    read, write = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    # A signal that comes to a child before it has its handlers waits: it unblocks them when it has.
    mask = _signal.pthread_sigmask(_signal.SIG_BLOCK, _WAITING)
    try:
        pid = os.fork()
    except OSError:
        _signal.pthread_sigmask(_signal.SIG_SETMASK, mask)
        os.close(read)
        os.close(write)
        raise
    if pid == 0:
        go_on(partial(be, write))
    _signal.pthread_sigmask(_signal.SIG_SETMASK, mask)
    os.close(write)
    return pid, read


def become_intermediate(oom_score: int | None) -> None:
    """What it does first. `oom_score` is what its children get, None for ours."""
    clean_signals()
    if oom_score is not None:
        oom.give("self", oom_score)  # once for all that inherit it
    sys.stdin = None  # or multiprocessing puts one more descriptor in its place


def own_pidfd() -> int | None:
    """By which its children see that it has gone."""
    try:
        return os.pidfd_open(os.getpid())
    except OSError:  # no descriptors; whoever looks early then sees a parent that will be another
        return None


def wait_for_parent(between: int | None) -> None:
    """In a child: wait until its parent is the one that stays. Some programs note it, and leave when it changes.

    A pidfd is ready once what its process leaves behind is re-parented (exit_notify() in the kernel); the end of a pipe
    would be seen before that. It is closed then.
    """
    if between is not None:
        poll = select.poll()
        poll.register(between, select.POLLIN)
        try:
            poll.poll()
        except OSError:
            pass  # it may have no files at all (poll(2), EINVAL)
        os.close(between)


def prepared(request: Part, common: Sequence[int], shared: dict[Any, Any]) -> Life:
    """What a child does; made before the fork, as each page that a child is the first to write to is copied for it."""
    try:
        process: ZygoteProcess = unpack(request)
        return process.prepare(common, shared)
    except Exception:  # noqa: BLE001 - the rest of the batch must live
        traceback.print_exc()
        return lambda: 1
