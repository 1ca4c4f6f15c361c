"""The handoff of a project to its supervisor's process: what it gets from `up`, and its report that it is ready.

Knows nothing of what it is for. It comes through a socket, from our own parent (`spawn_supervisor.py`).
"""

from __future__ import annotations

import json
import os
import pickle
import socket
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from udaemon.child.lifeline import Lifeline
from udaemon.system import oserror

if TYPE_CHECKING:
    from udaemon.manifest.model import Manifest
    from udaemon.service.manifest_reader import Source


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


def report(fd: int | None, error: str | None = None) -> None:
    """Report to the waiting `up` that the supervisor is ready, or why not, once."""
    if fd is None:
        return
    with suppress(BrokenPipeError):
        os.write(fd, json.dumps({"error": error}).encode() + b"\n")
    os.close(fd)
