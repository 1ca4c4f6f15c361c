"""Runs that are reported, and those beyond the measure: they are counted."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from udaemon.child.report import FrameReader, Reporter, RunDone
from udaemon.child.run_reports import RunReports
from udaemon.child.task import TaskEvent


class World:
    def __init__(self) -> None:
        self.far, self.near = socket.socketpair()
        self.reporter = Reporter(self.near.dup().detach())
        self.now = 0.0
        self.reports = RunReports(self.reporter, lambda: self.now)

    def runs(self, count: int) -> None:
        for number in range(count):
            self.reports(TaskEvent("task_done", "a", 0, run_id=number, started=5.0, duration=0.5, lateness=0.0))

    def heard(self) -> list[object]:
        self.far.setblocking(False)
        return list(FrameReader().feed(self.far.recv(1 << 20)))


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    made.reporter.cut_off()
    made.near.close()
    made.far.close()


def test_each_run_is_reported_with_its_number_and_times(world: World) -> None:
    world.runs(2)
    assert world.heard()[:2] == [RunDone(0, 5.0, 0.5, 0.0), RunDone(1, 5.0, 0.5, 0.0)]


def test_a_burst_is_bounded_and_what_is_beyond_it_is_counted(world: World) -> None:
    """The supervisor reads as fast as it can here."""
    heard = []
    for _ in range(15):
        world.runs(10)
        heard += world.heard() if world.reporter.untold == 0 else []
    assert (len(heard), world.reporter.untold) == (100, 50)
    world.now += 1.0
    world.runs(1)
    assert RunDone(0, 5.0, 0.5, 0.0) in world.heard()


def test_what_nobody_reads_is_counted_before_it_fills_the_socket(world: World) -> None:
    for _ in range(10):
        world.now += 1.0
        world.runs(50)
    assert 0 < world.reporter.untold < 500
