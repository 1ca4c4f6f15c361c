"""The scoreboard: what a child's stores say to a reader, also when they say nonsense."""

from __future__ import annotations

import os
from collections.abc import Iterator
from math import nan
from pathlib import Path
from tempfile import NamedTemporaryFile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from udaemon.child import scoreboard as sb
from udaemon.child.regions import HEADER_SIZE, NAME_PLACE, SLOT_SIZE
from udaemon.child.scoreboard import Scoreboard, SlotWriter, map_all, reading
from udaemon.child.slot_reading import SlotReading


@pytest.fixture
def board(tmp_path: Path) -> Iterator[Scoreboard]:
    board = Scoreboard.create(str(tmp_path / "scoreboard"), 3)
    yield board
    board.close()


def read(board: Scoreboard, slot: int = 1) -> SlotReading:
    found = board.read_slot(slot)
    assert found is not None
    return found


def test_a_slot_says_nothing_before_its_first_process(board: Scoreboard) -> None:
    assert [board.read_slot(slot) for slot in (-1, 0, 1, 2, 3)] == [None] * 5


def test_a_new_process_has_no_runs(board: Scoreboard) -> None:
    SlotWriter.of(map_all(board.fd), 1).taken_over().attach(77)

    assert read(board) == SlotReading(77, 0, 0, 0, None, None, None, None, None, None, None, None, None)
    assert board.read_slot(0) is None
    assert board.read_slot(2) is None


def test_runs_are_counted_and_the_last_one_told(board: Scoreboard) -> None:
    writer = SlotWriter.of(map_all(board.fd), 1)
    writer.taken_over().attach(77)
    for start in (10.0, 20.0):
        writer.began(start)
        assert read(board).current_started_at == start
        writer.done(start, start + 0.5)
        writer.paused(start + 10, 17_000_000)

    now = read(board)

    assert (now.count, now.failed, now.last_id, now.last_outcome) == (2, 0, 2, "ok")
    assert (now.last_started_at, now.last_duration, now.next_at) == (20.0, 0.5, 30.0)
    assert now.current_started_at is None
    assert now.duration_p50 == pytest.approx(0.5, rel=1 / 8)
    assert now.rss_peak == 17_000_000


def test_a_failed_run_is_told_until_the_next_one_is_done(board: Scoreboard) -> None:
    writer = SlotWriter.of(map_all(board.fd), 1)
    writer.taken_over().attach(77)
    writer.done(1.0, 2.0)
    writer.began(3.0)
    writer.failed(3.0, 3.25)
    failed = read(board)
    writer.taken_over().attach(78)
    writer.done(4.0, 5.0)
    after = read(board)

    assert (failed.count, failed.failed, failed.last_outcome, failed.last_duration) == (2, 1, "failed", 0.25)
    assert (after.pid, after.count, after.failed, after.last_outcome) == (78, 3, 1, "ok")


def test_a_run_its_process_died_in_has_failed_and_its_id_is_not_used_again(board: Scoreboard) -> None:
    first = SlotWriter.of(map_all(board.fd), 1)
    first.taken_over().attach(77)
    first.done(1.0, 2.0)
    first.began(3.0)

    SlotWriter.of(map_all(board.fd), 1).taken_over().attach(78)

    now = read(board)
    assert (now.count, now.failed, now.last_outcome, now.last_id) == (2, 1, "failed", 2)
    assert (now.last_started_at, now.last_duration, now.current_started_at) == (3.0, None, None)


def test_late_runs_are_counted(board: Scoreboard) -> None:
    writer = SlotWriter.of(map_all(board.fd), 1)
    writer.taken_over().attach(77)
    writer.came_late()
    writer.came_late()

    assert read(board).late == 2


def test_the_file_can_be_read_by_anyone_who_may_open_it(board: Scoreboard, tmp_path: Path) -> None:
    SlotWriter.of(map_all(board.fd), 2).taken_over().attach(99)
    other = Scoreboard.open(str(tmp_path / "scoreboard"))

    assert other is not None
    assert read(other, 2).pid == 99
    other.close()


def test_a_new_board_leaves_an_old_one_that_is_still_mapped_alone(board: Scoreboard, tmp_path: Path) -> None:
    writer = SlotWriter.of(map_all(board.fd), 1)
    writer.taken_over().attach(77)

    new = Scoreboard.create(str(tmp_path / "scoreboard"), 1)
    writer.done(1.0, 2.0)

    assert read(board).count == 1
    assert new.read_slot(0) is None
    assert (tmp_path / "scoreboard").stat().st_mode & 0o777 == 0o600
    new.close()


@pytest.mark.parametrize("size", [0, 5000, 10**6])
def test_nobody_can_change_its_size(size: int, board: Scoreboard, tmp_path: Path) -> None:
    writer = SlotWriter.of(map_all(board.fd), 1)
    place = (tmp_path / "scoreboard").read_text().strip()
    with pytest.raises(PermissionError):
        os.ftruncate(board.fd, size)
    with pytest.raises(PermissionError):
        os.truncate(place, size)
    with pytest.raises(PermissionError):
        Path(place).write_bytes(b"")
    os.truncate(tmp_path / "scoreboard", 0)

    writer.taken_over().attach(77)
    assert read(board).pid == 77
    assert Scoreboard.open(str(tmp_path / "scoreboard")) is None


def test_where_there_is_no_board_any_more_none_is_found(board: Scoreboard, tmp_path: Path) -> None:
    (tmp_path / "scoreboard").write_text(f"/proc/{os.getpid()}/fd/999999\n")
    assert Scoreboard.open(str(tmp_path / "scoreboard")) is None
    with open(tmp_path / "other", "w") as other:
        (tmp_path / "scoreboard").write_text(f"/proc/{os.getpid()}/fd/{other.fileno()}\n")
        assert Scoreboard.open(str(tmp_path / "scoreboard")) is None


def test_what_was_overwritten_is_whole_again_with_the_next_process(board: Scoreboard) -> None:
    os.pwrite(board.fd, b"\xff" * SLOT_SIZE * 3, HEADER_SIZE)
    assert board.read_slot(1) is None
    writer = SlotWriter.of(map_all(board.fd), 1)
    writer.taken_over().attach(77)
    writer.done(1.0, 2.0)

    assert (read(board).count, read(board).failed, read(board).late) == (2, 1, 0)


@given(st.binary(max_size=6000))
def test_f57_a_file_that_is_no_board_is_refused(content: bytes) -> None:
    with NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        assert Scoreboard.open(file.name) is None


@given(st.lists(st.floats(), min_size=256, max_size=256))
def test_f57_hostile_words_never_raise(words: list[float]) -> None:
    words[sb.PID] = 12.0
    found = reading(tuple(words))

    assert found is not None
    assert 0 <= found.count <= 2**53
    assert found.last_duration is None or found.last_duration >= 0


@pytest.mark.parametrize("pid", [nan, -1.0, 0.0, 2.0**31, float("inf")])
def test_f57_a_word_that_is_no_pid_is_no_slot(pid: float) -> None:
    words = [0.0] * 256
    words[sb.PID] = pid

    assert reading(tuple(words)) is None


def test_a_slot_is_found_by_its_name_wherever_it_is(board: Scoreboard, tmp_path: Path) -> None:
    board.assign(2, "mailer/0")
    SlotWriter.of(map_all(board.fd), 2).taken_over().attach(99)
    other = Scoreboard.open(str(tmp_path / "scoreboard"))

    assert other is not None
    assert (other.find("mailer/0"), other.find("mailer/1")) == (2, None)
    found = other.read("mailer/0")
    assert found is not None
    assert (found.pid, other.read("mailer/1")) == (99, None)
    other.close()


def test_a_slot_that_is_given_to_another_is_empty(board: Scoreboard) -> None:
    board.assign(1, "mailer/0")
    SlotWriter.of(map_all(board.fd), 1).taken_over().attach(77)
    board.assign(1, "other/12")
    assert (board.find("mailer/0"), board.find("other/12"), board.read_slot(1)) == (None, 1, None)


def test_the_longest_name_there_is_fits(board: Scoreboard) -> None:
    name = "n" * 63 + "/9999"
    board.assign(0, name)
    assert board.find(name) == 0
    with pytest.raises(ValueError, match="too long"):
        board.assign(0, "n" * 81)


def test_a_board_that_has_become_too_small_gets_a_further_region(board: Scoreboard, tmp_path: Path) -> None:
    first = SlotWriter.of(map_all(board.fd), 1)
    first.taken_over().attach(77)
    early = Scoreboard.open(str(tmp_path / "scoreboard"))
    board.grow(2)
    board.assign(4, "new/0")
    fd, number = board.locate(4)
    SlotWriter.of(map_all(fd), number).taken_over().attach(78)
    late = Scoreboard.open(str(tmp_path / "scoreboard"))

    assert (board.slots, fd != board.fd, number) == (5, True, 1)
    assert read(board, 4).pid == 78
    assert late is not None
    assert (late.slots, late.find("new/0"), read(late, 4).pid, read(late, 1).pid) == (5, 4, 78, 77)
    assert early is not None
    assert (early.slots, read(early, 1).pid) == (3, 77)
    with pytest.raises(IndexError):
        board.locate(5)
    early.close()
    late.close()


def test_f57_a_hostile_name_is_nobody_s(board: Scoreboard) -> None:
    os.pwrite(board.fd, b"\xff" * 80, HEADER_SIZE + NAME_PLACE)
    board.assign(1, "mailer/0")
    assert board.find("mailer/0") == 1


def test_f57_a_pointer_to_a_region_and_something_else_is_no_board(board: Scoreboard, tmp_path: Path) -> None:
    path = tmp_path / "scoreboard"
    before = len(os.listdir("/proc/self/fd"))
    for more in ("/proc/1/mem\n", f"/proc/{os.getpid()}/fd/0\n", "x" * 5000):
        path.write_text(f"/proc/{os.getpid()}/fd/{board.fd}\n{more}")
        assert Scoreboard.open(str(path)) is None
    assert len(os.listdir("/proc/self/fd")) == before
