"""The end of the logs, once all daemons have stopped: how long it is waited for, and what is said then."""

from __future__ import annotations

import os
import time

import pytest

from udaemon.supervisor.log_drain import LogDrain

AFTERWARDS = 3600.0
"""Seconds: past every deadline that there can be."""


class World:
    """`pipes` are the logs that have not ended, `refusing` the files that cannot be written."""

    def __init__(self) -> None:
        self.pipes: dict[tuple[int, int], str] = {}
        self.refusing: list[str] = []
        self.told: list[str] = []
        self.done = 0
        self.abandoned = 0
        self.words = LogDrain(
            lambda: self.pipes, ours=lambda: (), logger=self, tell=self.told.append, on_done=self._end
        )

    def _end(self) -> None:
        self.done += 1

    def abandon(self) -> None:
        self.abandoned += 1

    def comes(self) -> None:
        """Let the moment come that is waited for."""
        assert self.words.deadline is not None
        self.words.expire(self.words.deadline)


@pytest.fixture
def world() -> World:
    return World()


def test_where_all_has_ended_nothing_is_waited_for(world: World) -> None:
    world.words.wait()
    assert (world.done, world.words.deadline, world.told) == (1, None, [])


def test_logs_that_end_in_time_are_waited_for_and_no_longer(world: World) -> None:
    world.pipes = {(0, 1): "/log/a.log"}
    world.words.wait()
    assert (world.done, world.words.deadline is None) == (0, False)
    world.pipes = {}
    world.words.wait()
    assert world.done == 1


def test_to_wait_again_moves_no_deadline(world: World) -> None:
    world.pipes = {(0, 1): "/log/a.log"}
    world.words.wait()
    deadline = world.words.deadline
    world.words.wait()
    assert world.words.deadline == deadline


def test_who_holds_a_log_open_is_told_and_not_waited_for(world: World) -> None:
    read, write = os.pipe()
    status = os.fstat(write)
    world.pipes = {(status.st_dev, status.st_ino): "/log/a.log"}
    world.words.wait()
    world.comes()
    assert (world.done, world.words.held) == (1, True)
    assert any(f"pid {os.getpid()} (" in text and "holds /log/a.log open" in text for text in world.told)
    for fd in (read, write):
        os.close(fd)


def test_a_full_disk_is_waited_for_longer_then_the_lines_are_counted(world: World) -> None:
    world.refusing = ["/log/a.log"]
    before = time.monotonic()
    world.words.wait()
    world.comes()
    assert (world.done, world.abandoned) == (0, 0), "room may be made on it"
    assert world.words.deadline is not None
    assert world.words.deadline > before + 1.0
    world.words.expire(before + AFTERWARDS)
    assert (world.done, world.abandoned) == (0, 1), "the logger counts"
    world.words.wait()
    assert world.done == 0
    world.words.abandoned()
    assert world.done == 1


def test_a_logger_that_does_not_come_to_the_end_of_it_is_not_waited_for(world: World) -> None:
    world.refusing = ["/log/a.log"]
    world.words.wait()
    world.comes()
    world.words.expire(time.monotonic() + AFTERWARDS)
    world.comes()
    assert (world.done, world.abandoned) == (1, 1)


def test_a_disk_that_has_room_again_ends_the_wait(world: World) -> None:
    world.refusing = ["/log/a.log"]
    world.words.wait()
    world.refusing = []
    world.words.wait()
    assert (world.done, world.abandoned) == (1, 0)


def test_a_count_that_nobody_waits_for_ends_nothing(world: World) -> None:
    world.words.abandoned()
    assert world.done == 0
