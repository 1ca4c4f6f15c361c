"""How `up` hands a project over to a supervisor in a process of its own, and hears that it stands.

Knows no daemon. The manifest goes through a socket, because it may hold secrets that no file and no argv must show.
"""

from __future__ import annotations

import json
import os
import pickle
import select
import socket
import subprocess
import sys
import time
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple, Self

from udaemon.errors import UdaemonError

if TYPE_CHECKING:
    from udaemon.manifest.model import Manifest

# Nothing that is loaded becomes garbage: to look for some costs a tenth of the time.
_SUPERVISE = "import gc; gc.disable(); from udaemon.cli.supervise import main; main()"
_STANDS_WITHIN = 30.0
"""Seconds in which a supervisor must say that it stands; it needs well under one."""


class Boot(NamedTuple):
    """What a new supervisor is told. The fds come along; `leash` is None for one that outlives its caller."""

    manifest: Manifest
    directory: str
    autostart: bool
    lock: int
    ready: int
    leash: int | None


class Launch:
    """A supervisor's process that loads its code while the manifest is still being read, and then waits to be told.

    It ends by itself if it is told nothing. Use it as a context manager; after `go` it goes on without us.
    """

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        self._told = ours
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", _SUPERVISE, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )

    def go(self, manifest: Manifest, directory: str, *, autostart: bool, lock: int, leashed: bool) -> int | None:
        """Tell it what to supervise, and return when it answers on its socket.

        Args:
            manifest: What it shall run.
            directory: The run directory, made and checked.
            autostart: Whether to start at once the daemons that start by themselves.
            lock: An fd that holds the run directory's lock; the supervisor gets a copy.
            leashed: Whether it shall stop everything when this process ends, however it ends.

        Returns:
            The write end of the leash, to be kept open, if there is one.

        Raises:
            UdaemonError: It did not come to stand.
        """
        ready_read, ready_write = os.pipe()
        leash_read, leash_write = os.pipe() if leashed else (None, None)
        fds = [lock, ready_write] + ([leash_read] if leash_read is not None else [])
        with suppress(BrokenPipeError, ConnectionResetError):
            socket.send_fds(self._told, [b"\0"], fds)
            self._told.sendall(pickle.dumps((manifest, directory, autostart)))
        self._told.close()
        for fd in fds[1:]:
            os.close(fd)
        try:
            _await_ready(ready_read)
        finally:
            os.close(ready_read)
        self._process.returncode = 0  # it outlives us: nobody waits for it, and no warning is due
        return leash_write

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        """Send it away unless it stands."""
        self._told.close()
        if self._process.returncode is None:
            self._process.kill()
            self._process.wait()


def receive(fd: int) -> Boot | None:
    """The supervisor's side of `Launch`: what it was told, None where it is not needed."""
    with socket.socket(fileno=fd) as told:
        mark, fds, _flags, _address = socket.recv_fds(told, 1, 3)
        if not mark:
            return None
        with told.makefile("rb") as stream:
            manifest, directory, autostart = pickle.load(stream)  # noqa: S301 - from our own parent, privately
    for inherited in fds:
        os.set_inheritable(inherited, False)
    lock, ready, *leash = fds
    return Boot(manifest, directory, autostart, lock=lock, ready=ready, leash=leash[0] if leash else None)


def report(fd: int, error: str | None = None) -> None:
    """Tell the waiting `up` that the supervisor stands, or why not, once."""
    with suppress(BrokenPipeError):
        os.write(fd, json.dumps({"error": error}).encode() + b"\n")
    os.close(fd)


def _await_ready(fd: int) -> None:
    answer = b""
    deadline = time.monotonic() + _STANDS_WITHIN
    while not answer.endswith(b"\n"):
        ready, _, _ = select.select([fd], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            raise UdaemonError("the supervisor did not start in time", f"waited {_STANDS_WITHIN:g} s")
        piece = os.read(fd, 65536)
        if not piece:
            raise UdaemonError("the supervisor ended while it started", "its traceback stands above")
        answer += piece
    error = json.loads(answer)["error"]
    if error is not None:
        raise UdaemonError(f"the supervisor could not start: {error}")
