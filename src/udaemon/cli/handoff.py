"""What a supervisor's process is handed by `up`, as it takes it over: its side of `boot.Launch`.

Knows nothing of what it is for. It comes through a socket, from our own parent.
"""

from __future__ import annotations

import json
import os
import pickle
import socket
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from udaemon.child.lifeline import Lifeline

if TYPE_CHECKING:
    from udaemon.manifest.model import Manifest


class Boot(NamedTuple):
    """What a new supervisor is told. The fds come along.

    `claim` listens under the project's name, None where there is none; `lifeline` is None for one that outlives its
    caller.
    """

    manifest: Manifest
    directory: str
    autostart: bool
    lock: int
    ready: int
    claim: int | None
    lifeline: Lifeline | None


def receive(fd: int) -> Boot | None:
    """The supervisor's side of `Launch`: what it was told, None where it is not needed."""
    with socket.socket(fileno=fd) as told:
        mark, fds, _flags, _address = socket.recv_fds(told, 1, 4)
        if not mark:
            return None
        with told.makefile("rb") as stream:
            manifest, directory, autostart, names = pickle.load(stream)  # noqa: S301 - from our own parent, privately
    for inherited in fds:
        os.set_inheritable(inherited, False)
    named = dict(zip(names, fds, strict=True))
    lifeline = Lifeline(named["lifeline"]) if "lifeline" in named else None
    return Boot(manifest, directory, autostart, named["lock"], named["ready"], named.get("claim"), lifeline)


def report(fd: int, error: str | None = None) -> None:
    """Tell the waiting `up` that the supervisor stands, or why not, once."""
    with suppress(BrokenPipeError):
        os.write(fd, json.dumps({"error": error}).encode() + b"\n")
    os.close(fd)
