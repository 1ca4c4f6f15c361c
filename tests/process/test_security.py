"""Doors that are closed to other users and to the network, tried from outside (docs/guide/security.md)."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.process.project import Project
from tests.soak.checker import processes

NOBODY = 65534
REFUSED = b"only the owner of this project and root may ask"


@pytest.fixture
def shop(project: Project) -> Project:
    project.file("beat.py", "def create():\n    return lambda: None\n")
    project.manifest("""
        [daemons.beat]
        factory = "beat:create"
        sleep = "1h"

        [daemons.command]
        command = "sleep 1000"
    """)
    project.up()
    return project


def test_no_process_of_ours_has_a_socket_of_the_network(shop: Project) -> None:
    found = [one.pid for one in processes(str(shop.runtime).encode())]
    used = {inode for table in ("tcp", "tcp6", "udp", "udp6", "raw", "raw6") for inode in inodes(table)}
    assert len(found) >= 5, "supervisor, zygote, logger and two daemons"
    assert [(pid, name) for pid in found for name in sockets(pid) if name in used] == []


def test_another_user_is_refused_at_the_name_that_no_directory_guards(shop: Project) -> None:
    """An abstract socket has no mode: the kernel's word of who connects is all that closes it."""
    (directory,) = shop.run_directories()
    with somebody_else(), socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(5.0)
        connection.connect(f"\0udaemon/{os.getuid()}/{directory.name}")
        assert REFUSED in refusal(connection)
    assert shop.instance("command")["state"] == "running"


def test_another_user_is_refused_though_directory_and_socket_were_opened_to_all(shop: Project) -> None:
    (directory,) = shop.run_directories()
    with socket.socket(socket.AF_UNIX) as connection, reachable(directory / "control.sock") as path, somebody_else():
        connection.settimeout(5.0)
        connection.connect(path)
        assert REFUSED in refusal(connection)
    assert shop.instance("command")["state"] == "running"


@contextmanager
def somebody_else() -> Iterator[None]:
    if os.geteuid() != 0:
        pytest.skip("only root may become somebody else")
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@contextmanager
def reachable(path: Path) -> Iterator[str]:
    """A way to the socket that asks for no right to any directory above it: through a directory that is open."""
    if os.geteuid() != 0:
        pytest.skip("only root may become somebody else")
    os.chmod(path, 0o666)
    directory = os.open(path.parent, os.O_PATH)
    os.chmod(path.parent, 0o755)
    try:
        yield f"/proc/self/fd/{directory}/{path.name}"
    finally:
        os.chmod(path.parent, 0o700)
        os.close(directory)


def refusal(connection: socket.socket) -> bytes:
    """All that comes to one who has asked nothing yet, until the connection is closed."""
    said = b""
    while piece := connection.recv(4096):
        said += piece
    return said


def inodes(table: str) -> set[str]:
    path = Path(f"/proc/net/{table}")
    lines = path.read_text().splitlines()[1:] if path.exists() else []
    return {f"socket:[{line.split()[9]}]" for line in lines}


def sockets(pid: int) -> list[str]:
    found = []
    for fd in Path(f"/proc/{pid}/fd").iterdir():
        try:
            found.append(os.readlink(fd))
        except OSError:
            continue
    return [name for name in found if name.startswith("socket:")]
