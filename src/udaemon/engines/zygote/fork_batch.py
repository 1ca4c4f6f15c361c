"""Forks a batch of processes that are children of the zygote's parent.

Knows nothing of what they run. A process of its own forks them all and ends, so that they are re-parented to the
nearest subreaper. Until it has gone, a child that died already can be seen by pidfd but not be waited for; so it is
reaped here before anybody is told a pid.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # as in child/signals.py
import gc
import os
import pickle
import struct
import sys
import traceback
from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

from udaemon.child.signals import OTHERS, STOPS, clean_signals
from udaemon.child.stack import Life, go_on
from udaemon.engines.descriptors import gaps
from udaemon.engines.zygote import inherited
from udaemon.engines.zygote.process import ZygoteProcess

_WAITING = (*STOPS, *OTHERS)
_RESULT = struct.Struct("=iii")  # number in the batch, pid, errno

_kept: list[object] = []
"""What the process between has prepared: a child that leaves its frame frees none of it, as to free is to touch."""

Gaps = tuple[tuple[int, int], ...]
"""Ranges of descriptors that a child closes."""


class ForkRequest(NamedTuple):
    """A process to be: a pickled `Process`, and the descriptors it is given."""

    payload: bytes
    fds: list[int]


def fork_batch(requests: Sequence[ForkRequest], common: Sequence[int]) -> list[tuple[int, int] | None]:
    """Fork these. Returns for each its pid and 0, or 0 and an errno, or None where nobody knows.

    Args:
        requests: What to fork.
        common: Descriptors that every child has; the first ends when the parent does.
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
        go_on(partial(_intermediate, requests, common, write))
    _signal.pthread_sigmask(_signal.SIG_SETMASK, mask)
    os.waitpid(pid, 0)
    results: list[tuple[int, int] | None] = [None] * len(requests)
    for number, child, error_number in _RESULT.iter_unpack(_drain(read)):
        results[number] = (child, error_number)
    os.close(read)
    os.close(write)
    return results


def _drain(pipe: int) -> bytes:
    """All that is in the pipe; its end may never be seen, as a child that hangs in a fork hook has it open."""
    text = b""
    try:
        while chunk := os.read(pipe, 65536):
            text += chunk
    except BlockingIOError:
        pass
    return text[: len(text) - len(text) % _RESULT.size]


def _intermediate(requests: Sequence[ForkRequest], common: Sequence[int], report: int) -> Life | int:
    """The life of the process between: it forks, tells, and ends. What it prepares, its children need not touch."""
    clean_signals()
    sys.stdin = None  # or multiprocessing puts one more descriptor in its place
    lives = _prepared_lives(requests, common)
    gc.freeze()  # a first collection in each child would go through all of them
    _kept.append((requests, lives))
    for number, life in enumerate(lives):
        try:
            pid = os.fork()
        except OSError as error:
            os.write(report, _RESULT.pack(number, 0, error.errno or 0))
            continue
        if pid == 0:
            return life
        os.write(report, _RESULT.pack(number, pid, 0))
    return 0


def _prepared_lives(requests: Sequence[ForkRequest], common: Sequence[int]) -> list[Life]:
    kept = {0, 1, 2, *common}
    batch: dict[Any, Any] = {}
    _kept.append(batch)
    return [
        partial(_run_child, _prepared(request, common, batch), tuple(gaps(kept | set(request.fds))), common[0])
        for request in requests
    ]


def _prepared(request: ForkRequest, common: Sequence[int], batch: dict[Any, Any]) -> ZygoteProcess | None:
    """The process object; made before the fork, as each page that a child is the first to touch is copied for it."""
    try:
        with inherited.offered(request.fds, common):
            process = pickle.loads(request.payload)  # noqa: S301 - it comes from the parent
        process.prepare(batch, common[0])
    except Exception:  # noqa: BLE001 - the rest of the batch must live
        traceback.print_exc()
        return None
    return process if isinstance(process, ZygoteProcess) else None


def _run_child(process: ZygoteProcess | None, closed: Gaps, parent: int) -> Life | int:
    """The life of a child, up to what is its own."""
    for first, end in closed:
        os.closerange(first, end)
    return 1 if process is None else process.life(parent)
