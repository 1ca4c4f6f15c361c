"""A child in reserve: it is forked before it is asked for, and becomes whoever is asked for next.

Knows nothing of who that is. Who replaces one that has died waits neither for two forks nor for the end of the process
between. It is a child of the zygote's parent, as all are; it has no lock, and ends with the zygote.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # as in child/signals.py
import gc
import os
import select
import socket
import struct
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

from udaemon.child.stack import Life
from udaemon.child.title import set_title
from udaemon.engines.zygote.intermediate import (
    become_intermediate,
    fork_intermediate,
    own_pidfd,
    prepared,
    wait_for_parent,
)
from udaemon.engines.zygote.wire import Part, Truncated, ask, receive_request
from udaemon.system.descriptors import gaps

Prepare = Callable[[Sequence[int], dict[Any, Any]], object]
"""Prepares what all children have in common: called with their common descriptors, and a dict to keep it in."""

_PID = struct.Struct("=i")
_kept: list[object] = []
"""What a child that leaves its frame must not free."""


class SpareChild(NamedTuple):
    """One that waits, and our end of the socket to it."""

    pid: int
    channel: socket.socket

    def become(self, requests: Sequence[Part]) -> bool:
        """Have it be the one process that is asked for. Returns False where it has gone; it is of no use afterwards."""
        with self.channel:
            try:
                ask(self.channel, requests)
            except OSError:  # what it has got of it already it drops, as the rest will not come
                return False
        return True


def fork_spare(common: Sequence[int], oom_score: int | None, prepare: Prepare) -> SpareChild | None:
    """Fork one. None where that cannot be.

    Args:
        common: Descriptors that every child has.
        oom_score: What it gets, None for ours.
        prepare: Called before.
    """
    try:
        near, far = (end.detach() for end in socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET))
    except OSError:
        return None
    try:  # no `with`: who is forked leaves through here
        pid, report = fork_intermediate(partial(_intermediate, (near, far), common, oom_score, prepare))
    except OSError:
        os.close(near)
        os.close(far)
        return None
    os.close(far)
    os.waitpid(pid, 0)
    try:
        said = os.read(report, _PID.size)
    except BlockingIOError:
        said = b""
    os.close(report)
    if len(said) < _PID.size:
        os.close(near)
        return None
    return SpareChild(_PID.unpack(said)[0], socket.socket(fileno=near))


def _intermediate(
    ends: tuple[int, int], common: Sequence[int], oom_score: int | None, prepare: Prepare, report: int
) -> Life | int:
    near, far = ends
    os.close(near)  # or the end of the zygote would not be seen
    zygote = os.pidfd_open(os.getppid())
    become_intermediate(oom_score)
    shared: dict[Any, Any] = {}
    prepare(common, shared)
    life = partial(_wait, far, zygote, own_pidfd(), common, shared)
    _kept.append(life)
    gc.freeze()
    if (pid := os.fork()) == 0:
        return life
    os.write(report, _PID.pack(pid))
    return 0


def _wait(far: int, zygote: int, between: int | None, common: Sequence[int], shared: dict[Any, Any]) -> Life | int:
    """Be the child. It ends with its zygote, whose other children it would not know."""
    set_title("spare")
    wait_for_parent(between)
    kept = {0, 1, 2, *common}
    _close_but(kept | {far, zygote})
    channel = socket.socket(fileno=far)
    _kept.append(channel)
    try:
        requests = receive_request(channel)
    except Truncated:
        return 0
    # In this order: it is found by its lock from here on (`Sweep`), or sees that nobody waits for it any more.
    if not requests or _has_ended(zygote):
        return 0
    (request,) = requests
    life = prepared(request, common, shared)
    _kept.append((requests, life))
    for number in _signal.sigpending():  # they were for nobody
        _signal.sigwait([number])
    _close_but(kept | set(request.fds))
    return life


def _has_ended(pidfd: int) -> bool:
    poll = select.poll()
    poll.register(pidfd, select.POLLIN)
    return bool(poll.poll(0))


def _close_but(kept: set[int]) -> None:
    for first, end in gaps(kept):
        os.closerange(first, end)
