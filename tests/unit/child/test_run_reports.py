"""Good runs are reported as often as they can be told, and what is left out is counted."""

from __future__ import annotations

import socket

from udaemon.child.report import FrameReader, Leaving, Report, Reporter, RunDone, RunsDropped
from udaemon.child.run_reports import RunReports
from udaemon.child.task import TaskEvent


def event(number: int) -> TaskEvent:
    return TaskEvent("task_done", "a", 0, run_id=number, started=1.0, duration=0.5, lateness=0.0)


def received(ours: socket.socket, reader: FrameReader) -> list[Report]:
    found: list[Report] = []
    ours.setblocking(False)
    try:
        while data := ours.recv(65536):
            found += reader.feed(data)
    except BlockingIOError:
        pass
    return found


def test_a_burst_is_bounded_and_the_rest_counted_before_what_comes_next() -> None:
    ours, theirs = socket.socketpair()
    now = [100.0]
    with ours:
        reporter = Reporter(theirs.detach())
        reports, reader = RunReports(reporter, lambda: now[0]), FrameReader()
        found: list[Report] = []
        for number in range(1, 1001):
            reports(event(number))
            found += received(ours, reader)
        assert found == [RunDone(number, 1.0, 0.5, 0.0) for number in range(1, 101)]
        now[0] += 1.0
        reports(event(1001))
        assert received(ours, reader) == [RunsDropped(900), RunDone(1001, 1.0, 0.5, 0.0)]
        for number in range(60):
            reports(event(number))
        received(ours, reader)
        reporter.send(Leaving("stopped", None))
        assert received(ours, reader) == [RunsDropped(11), Leaving("stopped", None)]
        reporter.cut_off()


def test_a_supervisor_that_does_not_read_keeps_room_for_why_it_ends() -> None:
    ours, theirs = socket.socketpair()
    now = [100.0]
    with ours:
        reporter = Reporter(theirs.detach())
        reports = RunReports(reporter, lambda: now[0])
        for number in range(20_000):
            now[0] += 1.0
            reports(event(number))
        reporter.send(Leaving("exception", "ValueError: no"))
        found = received(ours, FrameReader())
        assert found[-1] == Leaving("exception", "ValueError: no")
        runs = sum(isinstance(one, RunDone) for one in found)
        dropped = sum(one.number for one in found if isinstance(one, RunsDropped))
        assert runs + dropped == 20_000
        assert dropped > 0
        reporter.cut_off()
