"""Forks a batch of processes that are children of the zygote's parent.

Knows nothing of what they run. A process of its own forks them all and ends, so that they are re-parented to the
nearest subreaper. Until it has gone, a child that died already can be seen by pidfd but not be waited for; so it is
reaped here before any pid is reported.
"""

from __future__ import annotations

import gc
import os
import struct
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from udaemon.child.stack import Life
from udaemon.engines.zygote.intermediate import (
    become_intermediate,
    fork_intermediate,
    own_pidfd,
    prepared,
    wait_for_parent,
)
from udaemon.engines.zygote.process import WAIT
from udaemon.engines.zygote.spare_child import SpareChild
from udaemon.engines.zygote.wire import Part
from udaemon.system.descriptors import gaps

_RESULT = struct.Struct("=iii")  # number in the batch, pid, errno

_kept: list[object] = []
"""What the intermediate process has prepared: a child that leaves its frame must free none of it."""


def fork_batch(
    requests: Sequence[Part], common: Sequence[int], oom_score: int | None = None, spare: SpareChild | None = None
) -> list[tuple[int, int] | None]:
    """Fork these. Returns for each its pid and 0, or 0 and an errno, or None where nobody knows.

    Args:
        requests: A process object each, and the descriptors that it is given.
        common: Descriptors that every child has; the first ends when the parent does.
        oom_score: What they get, None for ours.
        spare: Is the only one of them, if it lives.
    """
    if spare is not None and spare.become(requests):
        return [(spare.pid, 0)]
    try:
        pid, report = fork_intermediate(partial(_intermediate, requests, common, oom_score))
    except OSError as error:
        return [(0, error.errno or 0)] * len(requests)
    os.waitpid(pid, 0)
    results: list[tuple[int, int] | None] = [None] * len(requests)
    with suppress(BlockingIOError):  # its end may never be seen, as a child that hangs in a fork hook has it open
        for number, child, error_number in _RESULT.iter_unpack(os.read(report, _RESULT.size * len(requests))):
            results[number] = (child, error_number)
    os.close(report)
    return results


def _intermediate(requests: Sequence[Part], common: Sequence[int], oom_score: int | None, report: int) -> Life | int:
    """Be the intermediate process: prepare, fork, report, exit. What it prepares its children need not write to."""
    become_intermediate(oom_score)
    lives = _prepared_lives(requests, common, own_pidfd())
    gc.freeze()  # a first collection in each child would go through all of them
    _kept.append((requests, lives))
    refusal = 0
    for number, (life, fds) in enumerate(lives):
        try:
            pid = os.fork()
        except OSError as error:
            pid, refusal = -1, error.errno or 0
        if pid == 0:
            return life
        os.write(report, _RESULT.pack(number, pid, 0) if pid > 0 else _RESULT.pack(number, 0, refusal))
        for fd in fds:  # it has its own; those that come after it have them not to close
            os.close(fd)
    return 0


def _prepared_lives(
    requests: Sequence[Part], common: Sequence[int], between: int | None
) -> list[tuple[Life, Sequence[int]]]:
    """The life of each, and its descriptors."""
    kept = {0, 1, 2, *common} if between is None else {0, 1, 2, *common, between}
    shared: dict[Any, Any] = {WAIT: partial(wait_for_parent, between)}
    _kept.append(shared)
    return [
        (partial(run_child, prepared(request, common, shared), tuple(gaps(kept.union(request.fds)))), request.fds)
        for request in requests
    ]


def run_child(life: Life, closed: Sequence[tuple[int, int]]) -> Life:
    """Be a child up to what is its own: close these ranges of descriptors."""
    for first, end in closed:
        os.closerange(first, end)
    return life
