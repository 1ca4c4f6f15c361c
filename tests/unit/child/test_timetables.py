"""Another timetable for a process that runs."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from udaemon.child.report import Reporter
from udaemon.child.timetables import received, send
from udaemon.policy.calendar import Rule, Timetable

TABLE = Timetable("0 4 * * *", "UTC", 0.0, Rule(jitter=3.0, within=5.0), True, "/s/a-0", ((-inf, 5.0), (7.0, inf)))


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, Reporter]]:
    ours, theirs = socket.socketpair()
    reporter = Reporter(theirs.detach())
    with ours:
        yield ours, reporter
        reporter.cut_off()


def test_what_is_sent_is_received_the_last_one_last(pair: tuple[socket.socket, Reporter]) -> None:
    ours, reporter = pair
    assert reporter.receive() == b""
    for table in (TABLE, None, TABLE._replace(cron="@daily")):
        assert send(ours, table)
    assert received(reporter.receive) == [TABLE, None, TABLE._replace(cron="@daily")]
    assert received(reporter.receive) == []


def test_what_cannot_be_sent_is_not_sent_by_half(pair: tuple[socket.socket, Reporter]) -> None:
    ours, reporter = pair
    many = TABLE._replace(spans=tuple((float(at), at + 0.5) for at in range(20_000)))
    assert not send(ours, many)
    while send(ours, TABLE):
        pass
    assert set(received(reporter.receive)) == {TABLE}
    reporter.cut_off()
    assert not send(ours, TABLE)
    assert not send(None, TABLE)


@given(st.binary(max_size=60))
def test_whatever_stands_there_changes_nothing(data: bytes) -> None:
    pieces = iter([data])
    assert received(lambda: next(pieces, b"")) == []
