"""How `up` hands a project over to a supervisor in a process of its own, and hears that it stands.

Knows no daemon. The manifest goes through a pipe, because it may hold secrets that no file and no argv must show.
"""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import select
import subprocess
import sys
import time
from typing import NamedTuple

from udaemon.errors import UdaemonError
from udaemon.manifest.model import Manifest

_STANDS_WITHIN = 30.0
"""Seconds in which a supervisor must say that it stands; it needs well under one."""


class Boot(NamedTuple):
    """What a new supervisor is told. The fds are inherited; `leash` is None for one that outlives its caller."""

    manifest: Manifest
    directory: str
    autostart: bool
    lock: int
    ready: int
    leash: int | None


def launch(manifest: Manifest, directory: str, *, autostart: bool, lock: int, leashed: bool) -> int | None:
    """Start a supervisor and return when it answers on its socket.

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
    told_read, told_write = os.pipe()
    ready_read, ready_write = os.pipe()
    leash_read, leash_write = os.pipe() if leashed else (None, None)
    inherited = [fd for fd in (told_read, ready_write, lock, leash_read) if fd is not None]
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "udaemon.cli.supervise", str(told_read)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        pass_fds=inherited,
        start_new_session=True,
    )
    for fd in inherited:
        if fd != lock:
            os.close(fd)
    with contextlib.suppress(BrokenPipeError), os.fdopen(told_write, "wb") as told:
        boot = Boot(manifest, directory, autostart, lock=lock, ready=ready_write, leash=leash_read)
        told.write(pickle.dumps(boot))
    try:
        _await_ready(ready_read)
    except UdaemonError:
        process.kill()
        process.wait()
        raise
    finally:
        os.close(ready_read)
    process.returncode = 0  # it outlives us: nobody waits for it, and no warning is due
    return leash_write


def receive(fd: int) -> Boot:
    """The supervisor's side of `launch`: what it was told."""
    with os.fdopen(fd, "rb") as told:
        boot: Boot = pickle.loads(told.read())  # noqa: S301 - from our own parent, through a private pipe
    return boot


def report(fd: int, error: str | None = None) -> None:
    """Tell the waiting `up` that the supervisor stands, or why not, once."""
    with contextlib.suppress(BrokenPipeError):
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
