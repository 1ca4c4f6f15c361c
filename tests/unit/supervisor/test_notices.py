"""Notices: remembered, passed on, and written to common logs that can never hold the supervisor up."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from udaemon.policy.instance import Key
from udaemon.supervisor.notices import Notice, Notices

MAILER = Key("mailer", 0)


@contextmanager
def logged(*, by_turn: bool = False) -> Iterator[tuple[Notices, int]]:
    """Notices, and where the common log can be read."""
    notices = Notices(by_turn=by_turn)
    read, write = os.pipe()
    os.set_blocking(read, False)
    notices.log_to("/log/_common.log", write)
    yield notices, read
    notices.close()
    os.close(read)


@pytest.fixture
def sink() -> Iterator[tuple[Notices, int]]:
    with logged() as made:
        yield made


@pytest.fixture
def by_turn() -> Iterator[tuple[Notices, int]]:
    with logged(by_turn=True) as made:
        yield made


def test_a_line_names_time_instance_pid_and_what_happened(sink: tuple[Notices, int]) -> None:
    notices, read = sink

    notices.publish(MAILER, "started", "pid 12", {"pid": 12}, "/log/_common.log")

    line = os.read(read, 4096).decode()
    assert re.sub(r"^[\d-]{10}T[\d:]{8}\.\d{3}Z", "TIME", line) == "TIME mailer/0 [12] started\n"


def test_a_line_stays_one_line_whatever_a_daemon_said(sink: tuple[Notices, int]) -> None:
    notices, read = sink

    notices.publish(MAILER, "exited", "ValueError: a\nb" + "x" * 9000, {}, "/log/_common.log")

    written = os.read(read, 65536)
    assert written.count(b"\n") == 1
    assert b"ValueError: a\\nb" in written


def test_the_supervisors_own_lines_go_to_every_common_log(sink: tuple[Notices, int]) -> None:
    notices, read = sink
    other, write = os.pipe()
    notices.log_to("/log/other.log", write)

    notices.publish(None, "leaving", "stops all daemons", {})

    assert b"udaemon leaving: stops all daemons" in os.read(read, 4096)
    assert b"udaemon leaving: stops all daemons" in os.read(other, 4096)
    os.close(other)


def test_a_log_that_takes_no_more_costs_lines_and_a_counted_mark_but_no_time(sink: tuple[Notices, int]) -> None:
    notices, read = sink
    told = 0
    while not notices.lost:
        notices.publish(MAILER, "exited", "x" * 500, {}, "/log/_common.log")
        told += 1
    notices.publish(MAILER, "exited", "y" * 500, {}, "/log/_common.log")
    kept = os.read(read, 1 << 20).count(b"\n")

    notices.publish(MAILER, "started", "back", {}, "/log/_common.log")

    lines = os.read(read, 4096).splitlines()
    assert kept == told - 1
    assert lines[0] == b"lines lost here: 2"
    assert lines[1].endswith(b"started: back")


def test_subscribers_get_what_comes_and_recent_has_what_came() -> None:
    notices = Notices()
    got: list[Notice] = []
    notices.publish(MAILER, "started", "first", {})
    end = notices.subscribe(got.append)
    notices.publish(MAILER, "ready", "second", {})
    end()
    notices.publish(MAILER, "exited", "third", {})

    assert [notice.message for notice in got] == ["second"]
    assert [notice.message for notice in notices.recent()] == ["first", "second", "third"]


def test_what_daemons_did_in_one_turn_is_written_at_its_end(by_turn: tuple[Notices, int]) -> None:
    notices, read = by_turn
    for pid in (1, 2):
        notices.publish(MAILER, "started", f"pid {pid}", {"pid": pid}, "/log/_common.log")
    with pytest.raises(BlockingIOError):
        os.read(read, 4096)

    notices.flush()

    assert [line.rpartition(b"mailer/0 ")[2] for line in os.read(read, 4096).splitlines()] == [
        b"[1] started",
        b"[2] started",
    ]


def test_what_the_supervisor_says_of_itself_is_written_at_once_behind_what_came_before(
    by_turn: tuple[Notices, int],
) -> None:
    notices, read = by_turn
    notices.publish(MAILER, "started", "pid 1", {"pid": 1}, "/log/_common.log")

    notices.publish(None, "bug", "in a turn", {})

    assert [line.split(b" ", 1)[1] for line in os.read(read, 4096).splitlines()] == [
        b"mailer/0 [1] started",
        b"udaemon bug: in a turn",
    ]


def test_a_long_turn_is_written_in_pieces_of_whole_lines_that_a_pipe_takes_whole(by_turn: tuple[Notices, int]) -> None:
    notices, read = by_turn
    for number in range(1000):
        notices.publish(MAILER, "exited", f"line {number} {'x' * 90}", {}, "/log/_common.log")
    notices.flush()
    kept = os.read(read, 1 << 20)

    notices.publish(MAILER, "exited", "back", {}, "/log/_common.log")
    notices.flush()

    lines = kept.splitlines()
    assert all(line.endswith(b"x" * 90) for line in lines)
    assert os.read(read, 4096).splitlines()[0] == b"lines lost here: %d" % (1000 - len(lines))


def test_what_a_turn_has_not_written_is_written_when_the_log_is_closed(by_turn: tuple[Notices, int]) -> None:
    notices, read = by_turn
    notices.publish(MAILER, "started", "pid 1", {"pid": 1}, "/log/_common.log")

    notices.close_log("/log/_common.log")

    assert os.read(read, 4096).endswith(b"mailer/0 [1] started\n")
