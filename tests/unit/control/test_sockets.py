"""The control socket: bound through a directory's descriptor, however long its path is, and who is at its other end."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from udaemon.control.sockets import SOCKET, SupervisorSilent, connect, ending, listen, peer_pid, peer_uid


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[int]:
    deep = tmp_path / ("x" * 120)
    deep.mkdir()
    fd = os.open(deep, os.O_RDONLY | os.O_DIRECTORY)
    yield fd
    os.close(fd)


def taken(directory: int) -> socket.socket | None:
    """A connection that its queue takes, None where that is full."""
    with suppress(SupervisorSilent):
        return connect(directory, 0.05)
    return None


def test_it_is_bound_for_its_user_alone_though_no_socket_could_have_its_path(directory: int) -> None:
    before = os.umask(0o022)
    with listen(directory) as listener:
        assert not listener.getblocking()
        assert os.stat(SOCKET, dir_fd=directory).st_mode & 0o777 == 0o600
    assert os.umask(before) == 0o022


def test_one_that_a_killed_supervisor_left_is_replaced(directory: int) -> None:
    listen(directory).close()
    with listen(directory):
        connection = connect(directory, 5.0)
        assert connection is not None
        connection.close()


def test_where_nobody_listens_there_is_none(directory: int) -> None:
    assert connect(directory) is None
    listen(directory).close()
    assert connect(directory, 1.0) is None


def test_a_supervisor_that_takes_nobody_is_told_as_silent(directory: int) -> None:
    with listen(directory) as listener:
        listener.listen(0)
        first: list[socket.socket | None] = []
        while len(first) < 10 and (one := taken(directory)) is not None:
            first.append(one)
        assert len(first) < 10
        with pytest.raises(SupervisorSilent):
            connect(directory, 0.05)
        for connection in first:
            assert connection is not None
            connection.close()


def test_the_other_end_is_who_the_kernel_says() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert (peer_pid(ours), peer_uid(ours)) == (os.getpid(), os.getuid())
        before = len(os.listdir("/proc/self/fd"))
        with ending(ours) as pidfd:
            assert pidfd is not None
        assert len(os.listdir("/proc/self/fd")) == before


def test_of_what_is_no_socket_of_a_process_nothing_is_known() -> None:
    with socket.socket(socket.AF_INET) as none:
        assert peer_pid(none) is None
