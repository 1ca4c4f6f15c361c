"""The files of /proc: what is read of each, and what is made of one that is cut short, strange or not there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from udaemon.system import procfs

NOBODY = 2**22 + 1
"""Higher than any pid (proc(5), pid_max)."""
AFTER = b" ".join(b"%d" % number for number in range(4, 53))
"""The fields of `stat` from the fourth on, each its own number."""


@pytest.mark.parametrize(
    ("text", "state", "zombie"),
    [
        (b"7 (python3) S " + AFTER + b"\n", "S", False),
        (b"7 (a) b (c) Z " + AFTER + b"\n", "Z", True),
        (b"7 () X " + AFTER + b"\n", "X", True),
        (b"7 (new\nline \xff) R " + AFTER + b"\n", "R", False),
    ],
)
def test_stat_is_read_from_behind_the_name(text: bytes, state: str, zombie: bool) -> None:
    stat = procfs.parse_stat(text)
    assert stat is not None
    assert (stat.state, stat.session, stat.started, stat.arguments) == (state, 6, 22, (48, 49))
    assert stat.zombie is zombie


@pytest.mark.parametrize("text", [b"", b"7 (python3) S 1 2 3", b"7 (python3) S" + b" x" * 50])
def test_a_stat_that_is_cut_short_is_none(text: bytes) -> None:
    assert procfs.parse_stat(text) is None


@pytest.mark.parametrize(
    ("text", "pages"), [(b"999 25 1 1 0 2 0\n", 25), (b"9 0 0\n", 0), (b"", None), (b"1", None), (b"a b", None)]
)
def test_statm_has_the_resident_pages_second(text: bytes, pages: int | None) -> None:
    assert procfs.parse_statm(text) == (None if pages is None else pages * os.sysconf("SC_PAGE_SIZE"))


@pytest.mark.parametrize(
    ("text", "environ"),
    [
        (b"A=1\0B=\0", {b"A": b"1", b"B": b""}),
        (b"A=b=c\0", {b"A": b"b=c"}),
        (b"A=first\0A=second\0", {b"A": b"first"}),
        (b"no variable\0\0\xff=\xfe\0", {b"\xff": b"\xfe"}),
        (b"", {}),
    ],
)
def test_an_environment_is_read_as_getenv_does(text: bytes, environ: dict[bytes, bytes]) -> None:
    assert procfs.parse_environ(text) == environ


@pytest.mark.parametrize(
    ("text", "pid"),
    [
        (b"pos:\t0\nflags:\t02000002\nmnt_id:\t15\nino:\t1\nPid:\t4711\nNSpid:\t4711\n", 4711),
        (b"pos:\t0\nPid:\t-1\nNSpid:\t-1\n", -1),
        (b"Pid:\t0\n", 0),
        (b"pos:\t0\n", -1),
        (b"", -1),
    ],
)
def test_a_pidfd_names_its_process(text: bytes, pid: int) -> None:
    assert procfs.parse_fdinfo(text) == pid


def test_unix_sockets_have_their_names_last() -> None:
    table = (
        b"Num       RefCount Protocol Flags    Type St Inode Path\n"
        b"0000000000000000: 00000002 00000000 00010000 0001 01 12345 @udaemon/1000/shop-1a2b3c4d\n"
        b"0000000000000000: 00000003 00000000 00000000 0001 03 12346\n"
        b"0000000000000000: 00000002 00000000 00010000 0001 01 12347 /run/a socket\n"
        b"half a li"
    )
    assert list(procfs.parse_unix(table)) == [b"@udaemon/1000/shop-1a2b3c4d", b"/run/a socket"]
    assert procfs.parse_unix(b"") == {}


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (b"0::/user.slice/user-1000.slice\n", "/user.slice/user-1000.slice"),
        (b"12:memory:/old\n0::/new\n", "/new"),
        (b"12:memory:/old\n", "/"),
        (b"", "/"),
    ],
)
def test_the_cgroup_is_that_of_version_two(text: bytes, place: str) -> None:
    assert procfs.parse_cgroup(text) == place


def test_a_file_is_read_to_its_end_and_a_missing_one_is_nothing(tmp_path: Path) -> None:
    long = tmp_path / "long"
    long.write_bytes(b"x" * 200_000)
    assert procfs.read(str(long)) == b"x" * 200_000
    assert procfs.read_or_nothing(str(tmp_path / "none")) == b""
    with pytest.raises(FileNotFoundError):
        procfs.read(str(tmp_path / "none"))


def test_a_process_that_is_not_there_is_nothing() -> None:
    assert procfs.stat(NOBODY) is None
    assert procfs.comm(NOBODY) is None
    assert procfs.open_files(NOBODY) == frozenset()
    assert list(procfs.open_names(NOBODY)) == []
    assert NOBODY not in procfs.pids()
    for read in (procfs.environ, procfs.children, procfs.tasks, procfs.descriptors):
        with pytest.raises(OSError, match=str(NOBODY)):
            read(NOBODY)


def test_this_process_is_seen_as_it_is(tmp_path: Path) -> None:
    stat = procfs.stat()
    assert stat is not None
    assert (stat.session, stat.zombie) == (os.getsid(0), False)
    assert os.getpid() in procfs.pids()
    path = tmp_path / "open"
    with path.open("w") as file:
        status = os.fstat(file.fileno())
        assert str(file.fileno()) in procfs.descriptors()
        assert (status.st_dev, status.st_ino) in procfs.open_files(os.getpid())
        assert str(path) in procfs.open_names(os.getpid())
        assert os.path.samefile(procfs.path_of(file.fileno()), path)
    pidfd = os.pidfd_open(os.getpid())
    assert procfs.pid_of(pidfd) == os.getpid()
    os.close(pidfd)


def test_of_a_pipe_the_end_that_is_written_to_can_be_told_from_the_other() -> None:
    read, write = os.pipe()
    status = os.fstat(read)
    pipe = (status.st_dev, status.st_ino)
    assert pipe in procfs.open_files(os.getpid(), read_ends=False)
    os.close(write)
    assert pipe in procfs.open_files(os.getpid())
    assert pipe not in procfs.open_files(os.getpid(), read_ends=False)
    both = os.open(f"/proc/self/fd/{read}", os.O_RDWR)
    assert pipe in procfs.open_files(os.getpid(), read_ends=False)
    os.close(both)
    os.close(read)


def test_a_process_that_stands_still_is_known_from_one_that_waits() -> None:
    with subprocess.Popen(["sleep", "1000"]) as process:
        assert not procfs.is_suspended(process.pid)
        os.kill(process.pid, signal.SIGSTOP)
        os.waitid(os.P_PID, process.pid, os.WSTOPPED)
        assert procfs.is_suspended(process.pid)
        process.kill()
    assert not procfs.is_suspended(NOBODY)


def test_children_of_every_thread_are_found() -> None:
    command = [sys.executable, "-c", "input()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as first:
        started: list[subprocess.Popen[bytes]] = []
        done = threading.Event()

        def start() -> None:
            started.append(subprocess.Popen(command, stdin=subprocess.PIPE))
            done.wait(30)

        thread = threading.Thread(target=start)
        thread.start()
        try:
            while not started and thread.is_alive():
                thread.join(0.01)
            assert {first.pid, started[0].pid} <= set(procfs.children())
        finally:
            done.set()
            thread.join()
            for process in (first, *started):
                process.communicate(b"\n")
