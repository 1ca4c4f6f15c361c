"""Tests of the instance lock."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from udaemon.engines.locks import LockHeld, acquire, discard, record
from udaemon.policy.instance import Key

KEY = Key("mailer", 0)


def test_a_lock_is_taken_once_and_free_when_the_last_fd_is_closed(tmp_path: Path) -> None:
    directory = str(tmp_path / "locks")
    lock = acquire(directory, KEY)
    heir = os.dup(lock)
    os.close(lock)
    with pytest.raises(LockHeld):
        acquire(directory, KEY)
    os.close(heir)
    os.close(acquire(directory, KEY))
    assert [entry.name for entry in (tmp_path / "locks").iterdir()] == ["mailer.0"]


def test_instances_do_not_share_a_lock(tmp_path: Path) -> None:
    locks = [acquire(str(tmp_path), Key("mailer", index)) for index in range(2)]
    assert len(locks) == 2
    for lock in locks:
        os.close(lock)


def test_the_holder_is_told_when_the_file_says_the_truth(tmp_path: Path) -> None:
    lock = acquire(str(tmp_path), KEY)
    record(lock, os.getpid())
    with pytest.raises(LockHeld) as held:
        acquire(str(tmp_path), KEY)
    assert held.value.pid == os.getpid()
    os.close(lock)


@pytest.mark.parametrize("text", ["", "1\n", "99999999999999999999999\n", "-4", "0", "\x00\xff", "no pid"])
def test_a_file_that_lies_about_its_holder_is_not_believed(tmp_path: Path, text: str) -> None:
    lock = acquire(str(tmp_path), KEY)
    os.write(lock, text.encode())
    with pytest.raises(LockHeld) as held:
        acquire(str(tmp_path), KEY)
    assert held.value.pid is None
    assert "unknown process" in str(held.value)
    os.close(lock)


def test_a_symbolic_link_is_refused(tmp_path: Path) -> None:
    target = tmp_path / "precious"
    target.write_text("kept")
    (tmp_path / "mailer.0").symlink_to(target)
    with pytest.raises(OSError, match="mailer") as refused:
        acquire(str(tmp_path), KEY)
    assert refused.value.errno == errno.ELOOP
    assert target.read_text() == "kept"


def test_the_lock_and_its_file_are_private(tmp_path: Path) -> None:
    directory = tmp_path / "locks"
    lock = acquire(str(directory), KEY)
    assert not os.get_inheritable(lock)
    assert directory.stat().st_mode & 0o777 == 0o700
    assert (directory / "mailer.0").stat().st_mode & 0o777 == 0o600
    os.close(lock)


def test_a_free_lock_can_be_discarded_and_a_held_one_cannot(tmp_path: Path) -> None:
    lock = acquire(str(tmp_path), KEY)
    assert not discard(str(tmp_path), KEY)
    assert (tmp_path / "mailer.0").exists()
    os.close(lock)
    assert discard(str(tmp_path), KEY)
    assert not (tmp_path / "mailer.0").exists()
