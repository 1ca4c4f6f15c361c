"""The end of a run directory: nothing is left, but what somebody needs still."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from udaemon.control import rundir, rundir_removal, sockets
from udaemon.engines import locks
from udaemon.policy.instance import Key


@pytest.fixture
def made(tmp_path: Path) -> Iterator[tuple[str, int]]:
    base = str(tmp_path / "udaemon")
    fd = rundir.make(base, "shop-01234567")
    rundir.release(fd)
    yield os.path.join(base, "shop-01234567"), fd
    os.close(fd)


def test_cleaning_leaves_nothing(made: tuple[str, int]) -> None:
    path, fd = made
    lock = rundir.take_lock(fd)
    assert lock is not None
    rundir.write_pid(fd, 4711)
    assert rundir.read_pid(fd) == 4711
    sockets.listen(fd).close()
    os.mkdir(os.path.join(path, "locks"))
    Path(path, "locks", "7").touch()
    rundir_removal.remove(path, fd)
    os.close(lock)
    assert not os.path.exists(path)
    assert rundir.read_pid(fd) is None


def test_cleaning_leaves_an_instance_lock_that_somebody_has(made: tuple[str, int]) -> None:
    """`udaemon run` holds one without a supervisor: without the file a second copy could start."""
    path, fd = made
    lock = rundir.take_lock(fd)
    assert lock is not None
    held = locks.acquire(os.path.join(path, "locks"), Key("db", 0))
    (file,) = os.listdir(os.path.join(path, "locks"))
    for number in range(100):
        os.close(locks.acquire(os.path.join(path, "locks"), Key("mailer", number)))
    assert len(os.listdir(os.path.join(path, "locks"))) > 50
    rundir_removal.remove(path, fd)
    assert os.listdir(os.path.join(path, "locks")) == [file]
    with pytest.raises(locks.LockHeld):
        locks.acquire(os.path.join(path, "locks"), Key("db", 0))
    os.close(held)
    os.close(lock)


def test_cleaning_leaves_the_lock_to_an_up_that_waits(made: tuple[str, int]) -> None:
    path, fd = made
    lock = rundir.take_lock(fd)
    assert lock is not None
    sockets.listen(fd).close()
    newcomer = rundir.make(os.path.dirname(path), os.path.basename(path))
    rundir_removal.remove(path, fd)
    assert os.listdir(path) == ["lock"]
    os.close(lock)
    os.close(newcomer)


def test_what_another_supervisor_has_left_is_kept_where_this_one_did_not_come_to_stand(made: tuple[str, int]) -> None:
    path, fd = made
    for name in ("ledger", "ours"):
        with open(os.path.join(path, name), "w"):
            pass
    rundir_removal.remove(path, fd, keep=["ledger"])
    assert os.listdir(path) == ["ledger"]


def test_a_directory_that_another_one_has_taken_the_place_of_is_not_removed(made: tuple[str, int]) -> None:
    path, fd = made
    os.rename(path, f"{path}-moved")
    os.mkdir(path)
    rundir_removal.remove(path, fd)
    assert (os.path.isdir(path), os.listdir(f"{path}-moved")) == (True, [])
