"""The handoff of a project to its supervisor's process: what it gets from `up`, and its report that it is ready.

Knows nothing of what it is for. It comes through a socket, from our own parent (`spawn_supervisor.py`).
"""

from __future__ import annotations

import json
import os
import pickle
import signal
import socket
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from udaemon.child.lifeline import Lifeline
from udaemon.errors import UdaemonError
from udaemon.system import exit_status, oserror
from udaemon.system.readable import wait_readable

if TYPE_CHECKING:
    from udaemon.manifest.model import Manifest
    from udaemon.service.manifest_reader import Source

_TRACEBACK_ABOVE = "its traceback stands above"
_READY_WITHIN = 30.0
"""Seconds in which a supervisor must say that it stands; it needs well under one."""
_ENDS_WITHIN = 5.0
"""Seconds for one that has closed what it was to answer through: it is about to end."""


class Handoff(NamedTuple):
    """What a new supervisor needs to begin. The fds are passed beside it.

    `claim` listens under the project's name, None where there is none; `lifeline` is None for one that outlives its
    caller. `nofile` is the file limit that daemons are to have, where ours was raised before. `pickled` are manifest,
    source and directory as they came, where nothing of them has changed.
    """

    manifest: Manifest
    directory: str
    autostart: bool
    lock: int
    ready: int | None
    claim: int | None
    lifeline: Lifeline | None
    source: Source | None
    nofile: tuple[int, int] | None = None
    pickled: bytes | None = None


def receive(fd: int) -> Handoff | None:
    """Receive the handoff from `SupervisorProcess`; None where no supervisor is needed."""
    with socket.socket(fileno=fd) as told:
        mark, fds, _flags, _address = socket.recv_fds(told, 1, 4)
        if not mark:
            return None
        with told.makefile("rb") as stream:
            pickled, autostart, names = pickle.load(stream)  # noqa: S301 - from our parent
    for inherited in fds:
        os.set_inheritable(inherited, False)
    named = dict(zip(names, fds, strict=True))
    lifeline = Lifeline(named["lifeline"]) if "lifeline" in named else None
    manifest, source, directory = pickle.loads(pickled)  # noqa: S301 - likewise
    fds_of_ours = named["lock"], named["ready"], named.get("claim")
    return Handoff(manifest, directory, autostart, *fds_of_ours, lifeline, source, pickled=pickled)


def refuse(fd: int, error: OSError) -> int:
    """Receive it, and report that there can be no process of a supervisor. Returns the exit code."""
    if (handed := receive(fd)) is not None:
        report(handed.ready, f"fork: {oserror.named_reason(error)}")
    return 1


def report(fd: int | None, error: str | None = None, *, traceback: str | None = None) -> None:
    """Report to the waiting `up` that the supervisor is ready, or why not, once.

    Args:
        fd: Where it waits; None where nobody does.
        error: What keeps it from starting.
        traceback: Of a bug that does. Our own stderr may lead elsewhere by then.
    """
    if fd is None:
        return
    with suppress(BrokenPipeError):
        os.write(fd, json.dumps({"error": error, "traceback": traceback}).encode() + b"\n")
    os.close(fd)


def await_ready(fd: int) -> None:
    """Wait for that report.

    Raises:
        UdaemonError: The supervisor cannot start, or takes too long.
        EOFError: It has ended.
    """
    answer = b""
    deadline = time.monotonic() + _READY_WITHIN
    while not answer.endswith(b"\n"):
        if not wait_readable(fd, timeout=deadline - time.monotonic()):
            raise UdaemonError("the supervisor did not start in time", f"waited {_READY_WITHIN:g} s")
        piece = os.read(fd, 65536)
        if not piece:
            raise EOFError
        answer += piece
    said = json.loads(answer)
    if said["traceback"] is not None:
        sys.stderr.write(said["traceback"])
        raise UdaemonError("the supervisor ended while it started", _TRACEBACK_ABOVE)
    if said["error"] is not None:
        raise UdaemonError(f"the supervisor could not start: {said['error']}")


def ended(pid: int) -> UdaemonError:
    """What has become of a child that has not come to stand and did not say why: the supervisor, or its keeper."""
    os.kill(pid, signal.SIGCONT)  # a keeper that somebody has stopped, which has to end first
    pidfd = os.pidfd_open(pid)
    wait_readable(pidfd, timeout=_ENDS_WITHIN)
    status = exit_status.peek(pidfd)
    os.close(pidfd)
    if status is None:
        return UdaemonError("the supervisor answers no more while it starts, and does not end")
    number = status.signal or (status.code or 0) - 128  # a keeper ends as a shell does
    if number > 0:
        from udaemon.policy.wording import signal_name  # hardly ever needed

        return UdaemonError(f"the supervisor was killed by signal {number} ({signal_name(number)}) while it started")
    return UdaemonError(f"the supervisor ended with exit code {status.code} while it started", _TRACEBACK_ABOVE)
