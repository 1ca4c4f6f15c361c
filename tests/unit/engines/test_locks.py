"""Tests of the instance lock."""

from __future__ import annotations

import errno
import fcntl
import os
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from udaemon.engines.locks import FILES, LockHeld, acquire, discard_unused, identity, is_held, lookup, noted, record
from udaemon.policy.instance import Key
from udaemon.system.procfs import open_files

KEY = Key("mailer", 0)


@pytest.fixture
def directory(tmp_path: Path) -> str:
    return str(tmp_path / "locks")


@pytest.fixture
def lock(directory: str) -> Iterator[int]:
    fd = acquire(directory, KEY)
    yield fd
    os.close(fd)


def test_a_lock_is_taken_once_and_free_when_the_last_fd_is_closed(directory: str) -> None:
    lock = acquire(directory, KEY)
    heir = os.dup(lock)
    os.close(lock)
    with pytest.raises(LockHeld):
        acquire(directory, KEY)
    os.close(heir)
    os.close(acquire(directory, KEY))


def test_whether_a_lock_is_held_is_seen_without_taking_it(directory: str, lock: int) -> None:
    assert is_held(directory, KEY)
    assert not is_held(directory, Key("db", 0))
    assert len(os.listdir(directory)) == 1
    heir = os.dup(lock)
    assert is_held(directory, KEY)
    os.close(heir)


def test_a_lock_that_is_free_is_not_held(directory: str) -> None:
    os.close(acquire(directory, KEY))
    assert not is_held(directory, KEY)
    os.close(acquire(directory, KEY))


def test_a_process_that_looks_in_vain_frees_no_lock(directory: str, lock: int) -> None:
    """The locks of fcntl(2) that are older go as soon as their process closes any descriptor of the file."""
    for _ in range(2):
        with pytest.raises(LockHeld):
            acquire(directory, KEY)
    assert identity(lock, KEY) in open_files(os.getpid())


def test_a_thousand_instances_share_a_few_files_and_no_lock(directory: str) -> None:
    keys = [Key(name, index) for name in ("mailer", "mailer-2", "db") for index in range(334)]
    held = [acquire(directory, key) for key in keys]
    assert len(os.listdir(directory)) <= FILES
    assert len({identity(lock, key) for lock, key in zip(held, keys, strict=True)}) == len(keys)
    assert {identity(lock, key) for lock, key in zip(held, keys, strict=True)} <= open_files(os.getpid())
    for lock in held:
        os.close(lock)


def test_a_lock_is_where_every_process_and_version_looks_for_it(directory: str) -> None:
    """An instance that outlives its supervisor is found by the next one: this may not change."""
    for key, name, byte in ((KEY, "36", 0x8419EA3142A2D5), (Key("db", 12), "47", 0x427A344D68460D)):
        lock = acquire(directory, key)
        assert identity(lock, key)[2] == byte
        assert os.readlink(f"/proc/self/fd/{lock}") == f"{directory}/{name}"
        os.close(lock)


@pytest.mark.skipif(sys.platform != "linux", reason="an instance has a file of its own there")
def test_a_lock_that_an_older_version_has_is_seen_as_long_as_its_file_is_there(directory: str) -> None:
    """There were sixteen files, and what was started then may have its lock for weeks."""
    byte = 0x8419EA3142A2D5
    os.mkdir(directory)
    older = os.open(f"{directory}/6", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.fcntl(older, fcntl.F_OFD_SETLK, struct.pack("hhqqi0q", fcntl.F_WRLCK, os.SEEK_SET, byte, 1, 0))
    record(older, KEY, os.getpid())
    with pytest.raises(LockHeld) as held:
        acquire(directory, KEY)
    assert (held.value.pid, noted(directory, KEY)) == (os.getpid(), os.getpid())
    assert lookup(directory, KEY) == identity(older, KEY)
    discard_unused(directory)
    assert os.listdir(directory) == ["6"]
    os.close(older)
    taken = acquire(directory, KEY)
    assert os.readlink(f"/proc/self/fd/{taken}") == f"{directory}/6", "another process may be about to take it there"
    os.close(taken)
    discard_unused(directory)
    lock = acquire(directory, KEY)
    assert os.readlink(f"/proc/self/fd/{lock}") != f"{directory}/6"
    os.close(lock)


def test_the_holder_is_told_when_the_file_says_the_truth(directory: str, lock: int) -> None:
    record(lock, KEY, os.getpid())
    with pytest.raises(LockHeld) as held:
        acquire(directory, KEY)
    assert held.value.pid == os.getpid()


@pytest.mark.parametrize("pid", [0, -1, 1, 2**31 - 1, os.getppid()])
def test_a_file_that_lies_about_its_holder_is_not_believed(directory: str, lock: int, pid: int) -> None:
    os.pwrite(lock, pid.to_bytes(4, sys.byteorder, signed=True) * 1024, 0)
    with pytest.raises(LockHeld) as held:
        acquire(directory, KEY)
    assert held.value.pid is None
    assert "unknown process" in str(held.value)


def test_a_holder_of_another_lock_in_the_file_is_not_believed(directory: str) -> None:
    """The pids of two instances may be noted in one place."""
    held = acquire(directory, KEY)
    read, write = os.pipe()
    heir = os.fork()
    if heir == 0:
        os.close(write)
        os.read(read, 1)
        os._exit(0)
    file = os.readlink(f"/proc/self/fd/{held}")
    os.close(held)
    others: list[int] = []
    while not any(os.readlink(f"/proc/self/fd/{other}") == file for other in others):
        others.append(acquire(directory, Key("other", len(others))))
    record(others[-1], KEY, os.getpid())
    with pytest.raises(LockHeld) as refused:
        acquire(directory, KEY)
    assert refused.value.pid is None
    record(others[-1], KEY, heir)
    with pytest.raises(LockHeld) as refused:
        acquire(directory, KEY)
    assert refused.value.pid == heir
    for fd in (*others, read, write):
        os.close(fd)
    os.waitpid(heir, 0)


def test_a_symbolic_link_is_refused(directory: str, tmp_path: Path) -> None:
    target = tmp_path / "precious"
    target.write_text("kept")
    os.mkdir(directory)
    for number in range(FILES):
        os.symlink(target, f"{directory}/{number:x}")
    with pytest.raises(OSError, match="locks") as refused:
        acquire(directory, KEY)
    assert refused.value.errno == errno.ELOOP
    discard_unused(directory)
    assert target.read_text() == "kept"


def test_the_lock_and_its_file_are_private(directory: str, lock: int) -> None:
    assert not os.get_inheritable(lock)
    assert os.stat(directory).st_mode & 0o777 == 0o700
    assert {os.stat(f"{directory}/{name}").st_mode & 0o777 for name in os.listdir(directory)} == {0o600}


def test_files_go_when_nobody_has_a_lock_in_them(directory: str) -> None:
    lock = acquire(directory, KEY)
    discard_unused(directory)
    assert len(os.listdir(directory)) == 1
    os.close(lock)
    discard_unused(directory)
    assert os.listdir(directory) == []
