"""What the start of a process takes: the lock first of all, and nothing else where that is not free."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.fakes.full_table import full_table

from udaemon.child.pace import PaceChanges, write_pace
from udaemon.child.scoreboard import Scoreboard, SlotWriter, map_all
from udaemon.child.spec import Pace
from udaemon.engines import locks
from udaemon.engines.base import SpawnRequest
from udaemon.engines.cgroups import Cgroups
from udaemon.engines.commands import ExecFailed
from udaemon.engines.local_request import take
from udaemon.manifest.model import Daemon
from udaemon.policy.instance import Key
from udaemon.policy.plan import NO_PLAN
from udaemon.policy.reasons import Trouble
from udaemon.system.cgroup import Hierarchy

KEY = Key("a", 0)
NONE = Cgroups("shop", "", Hierarchy(None))


@pytest.fixture
def board(tmp_path: Path) -> Iterator[Scoreboard]:
    made = Scoreboard.create(str(tmp_path / "board"), 4)
    yield made
    made.close()


def request(slot: int = 2) -> SpawnRequest:
    daemon = Daemon(name="a", command=("a",))
    return SpawnRequest(key=KEY, daemon=daemon, plan=NO_PLAN, slot=slot, output=os.open(os.devnull, os.O_WRONLY))


def directory(tmp_path: Path) -> str:
    return str(tmp_path / "locks")


def test_it_holds_the_lock_until_it_is_closed(tmp_path: Path, board: Scoreboard) -> None:
    taken = take(request(), directory(tmp_path), board, NONE)
    with pytest.raises(locks.LockHeld):
        locks.acquire(directory(tmp_path), KEY)
    taken.close()
    os.close(locks.acquire(directory(tmp_path), KEY))
    for fd in (taken.lock, taken.output):
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(fd)


def test_its_slot_is_where_the_scoreboard_has_it_also_after_that_has_grown(tmp_path: Path, board: Scoreboard) -> None:
    board.grow(12)
    taken = [take(request(slot), directory(tmp_path / str(slot)), board, NONE) for slot in (3, 4, 11)]
    assert [(one.board, one.slot) for one in taken] == [board.locate(slot) for slot in (3, 4, 11)]
    assert taken[0].board != taken[1].board
    for one in taken:
        one.close()


def test_the_pace_of_the_process_before_it_is_not_its_own(tmp_path: Path, board: Scoreboard) -> None:
    write_pace(board.fd, 2, Pace(sleep=9.0, min_sleep=0.0, memory_limit=None, memory_threshold=1.0))
    assert PaceChanges(SlotWriter.of(map_all(board.fd), 2)).pending()
    take(request(), directory(tmp_path), board, NONE).close()
    assert not PaceChanges(SlotWriter.of(map_all(board.fd), 2)).pending()


def test_another_copy_is_no_mistake_of_the_manifest_and_is_named(tmp_path: Path, board: Scoreboard) -> None:
    lock = locks.acquire(directory(tmp_path), KEY)
    locks.record(lock, KEY, os.getpid())
    asked = request()
    with pytest.raises(ExecFailed, match=f"^another copy runs and holds its lock: pid {os.getpid()}$") as failed:
        take(asked, directory(tmp_path), board, NONE)
    assert failed.value.trouble is Trouble.RESOURCE
    os.fstat(asked.output)  # is the caller's still
    os.close(asked.output)
    os.close(lock)


def test_f13_a_lock_for_which_there_is_no_descriptor_is_tried_again(tmp_path: Path, board: Scoreboard) -> None:
    asked = request()
    with full_table(), pytest.raises(ExecFailed, match=r"^lock cannot be taken: .*\(EMFILE\)$") as failed:
        take(asked, directory(tmp_path), board, NONE)
    assert failed.value.trouble is Trouble.RESOURCE
    os.close(asked.output)
