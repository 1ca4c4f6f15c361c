"""Forks a batch of processes that are children of the zygote's parent.

Knows nothing of what they run. A process of its own forks them all and ends, so that they are re-parented to the
nearest subreaper. Until it has gone, a child that died already can be seen by pidfd but not be waited for; so it is
reaped here before any pid is reported.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # as in child/signals.py
import gc
import os
import select
import struct
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from udaemon.child.dispositions import clean_signals
from udaemon.child.signals import OTHERS, STOPS
from udaemon.child.stack import Life, go_on
from udaemon.engines.zygote.pickling import unpack
from udaemon.engines.zygote.process import ZygoteProcess
from udaemon.engines.zygote.wire import Part
from udaemon.system import oom
from udaemon.system.descriptors import gaps

_WAITING = (*STOPS, *OTHERS)
_RESULT = struct.Struct("=iii")  # number in the batch, pid, errno

_kept: list[object] = []
"""What the intermediate process has prepared: a child that leaves its frame must free none of it."""


def fork_batch(
    requests: Sequence[Part], common: Sequence[int], oom_score: int | None = None
) -> list[tuple[int, int] | None]:
    """Fork these. Returns for each its pid and 0, or 0 and an errno, or None where nobody knows.

    Args:
        requests: A process object each, and the descriptors that it is given.
        common: Descriptors that every child has; the first ends when the parent does.
        oom_score: What they get, None for ours.
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
    except OSError as error:
        _signal.pthread_sigmask(_signal.SIG_SETMASK, mask)
        os.close(read)
        os.close(write)
        return [(0, error.errno or 0)] * len(requests)
    if pid == 0:
        go_on(partial(_intermediate, requests, common, write, oom_score))
    _signal.pthread_sigmask(_signal.SIG_SETMASK, mask)
    os.waitpid(pid, 0)
    results: list[tuple[int, int] | None] = [None] * len(requests)
    with suppress(BlockingIOError):  # its end may never be seen, as a child that hangs in a fork hook has it open
        for number, child, error_number in _RESULT.iter_unpack(os.read(read, _RESULT.size * len(requests))):
            results[number] = (child, error_number)
    os.close(read)
    os.close(write)
    return results


def _intermediate(requests: Sequence[Part], common: Sequence[int], report: int, oom_score: int | None) -> Life | int:
    """Be the intermediate process: prepare, fork, report, exit. What it prepares its children need not write to."""
    clean_signals()
    if oom_score is not None:
        oom.give("self", oom_score)  # once for all that inherit it
    sys.stdin = None  # or multiprocessing puts one more descriptor in its place
    lives = _prepared_lives(requests, common, _own_pidfd())
    gc.freeze()  # a first collection in each child would go through all of them
    _kept.append((requests, lives))
    for number, (life, request) in enumerate(zip(lives, requests, strict=True)):
        try:
            pid, refusal = os.fork(), 0
        except OSError as error:
            pid, refusal = 0, error.errno or -1
        if pid == 0 and not refusal:
            return life
        os.write(report, _RESULT.pack(number, pid, max(refusal, 0)))
        for fd in request.fds:  # it has its own; those that come after it have them not to close
            os.close(fd)
    return 0


def _own_pidfd() -> int | None:
    try:
        return os.pidfd_open(os.getpid())
    except OSError:  # no descriptors; whoever looks early then sees a parent that will be another
        return None


def _prepared_lives(requests: Sequence[Part], common: Sequence[int], between: int | None) -> list[Life]:
    kept = {0, 1, 2, *common}
    shared: dict[Any, Any] = {}
    _kept.append(shared)
    return [
        partial(_run_child, _prepared(request, common, shared), between, tuple(gaps(kept | set(request.fds))))
        for request in requests
    ]


def _prepared(request: Part, common: Sequence[int], shared: dict[Any, Any]) -> Life:
    """What a child does; made before the fork, as each page that a child is the first to write to is copied for it."""
    try:
        process: ZygoteProcess = unpack(request)
        return process.prepare(common, shared)
    except Exception:  # noqa: BLE001 - the rest of the batch must live
        traceback.print_exc()
        return lambda: 1


def _run_child(life: Life, between: int | None, closed: Sequence[tuple[int, int]]) -> Life:
    """Be a child up to what is its own: have the parent that stays, and close these ranges of descriptors.

    Some programs note their parent's pid and leave when it changes. A pidfd is ready once what its process leaves
    behind is re-parented (exit_notify() in the kernel); the end of a pipe would be seen before that.
    """
    if between is not None:
        poll = select.poll()
        poll.register(between, select.POLLIN)
        poll.poll()
    for first, end in closed:
        os.closerange(first, end)
    return life
