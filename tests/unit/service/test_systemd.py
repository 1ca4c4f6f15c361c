"""What the service manager is told, seen by one that stands in for it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from udaemon.policy.instance import State
from udaemon.service.systemd import ServiceManager, patience


class StandIn:
    """The other end of NOTIFY_SOCKET, and the facts of a supervisor that a test sets."""

    def __init__(self, address: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self.socket.bind(f"\0{address[1:]}" if address.startswith("@") else address)
        self.states: list[State] = []
        self.leaving = False
        self.now = 100.0
        self.told = ServiceManager(
            address, states=lambda: self.states, leaving=lambda: self.leaving, patience=3.0, clock=lambda: self.now
        )

    def heard(self) -> list[str]:
        messages = []
        while True:
            try:
                messages.append(self.socket.recv(4096).decode())
            except BlockingIOError:
                return messages

    def close(self) -> None:
        self.told.close()
        self.socket.close()


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[StandIn]:
    stand_in = StandIn(str(tmp_path / "notify") if request.param == "path" else f"@udaemon-test-{tmp_path}")
    yield stand_in
    stand_in.close()


def test_ready_is_told_once_nothing_starts_any_more(manager: StandIn) -> None:
    manager.states = [State.STARTING, State.RUNNING]
    manager.told.end_of_turn()
    assert manager.heard() == ["STATUS=1 running, 1 starting"]
    manager.states = [State.FAILED, State.RUNNING]
    manager.told.end_of_turn()
    assert manager.heard() == ["READY=1\nSTATUS=1 running, 1 failed"]
    manager.told.end_of_turn()
    assert manager.heard() == []


def test_a_restart_later_is_no_second_ready(manager: StandIn) -> None:
    for state in (State.RUNNING, State.BACKOFF, State.STARTING, State.RUNNING):
        manager.states = [state]
        manager.told.end_of_turn()
    assert sum("READY=1" in message for message in manager.heard()) == 1


def test_a_project_without_daemons_is_ready_at_once(manager: StandIn) -> None:
    manager.told.end_of_turn()
    assert manager.heard() == ["READY=1\nSTATUS=nothing runs"]


def test_a_stop_is_told_once_and_never_ready(manager: StandIn) -> None:
    manager.states, manager.leaving = [State.STOPPING], True
    manager.told.end_of_turn()
    manager.states = [State.STOPPED]
    manager.told.end_of_turn()
    assert manager.heard() == ["STOPPING=1\nSTATUS=1 stopping", "STATUS=nothing runs"]


RELOADING = "RELOADING=1\nMONOTONIC_USEC=100000000"


def test_a_reload_that_was_asked_for_by_a_signal_ends_with_ready(manager: StandIn) -> None:
    manager.states = [State.RUNNING]
    manager.told.end_of_turn()
    manager.told.reloading()
    manager.told.end_of_turn()  # it is being read
    manager.told.hear("refused")
    manager.told.end_of_turn()
    assert manager.heard()[1:] == [RELOADING, "READY=1"]


def test_a_reload_by_a_verb_is_told_when_it_has_happened(manager: StandIn) -> None:
    manager.states = [State.RUNNING]
    manager.told.end_of_turn()
    manager.told.hear("applied")
    manager.states = [State.RUNNING, State.STARTING]
    manager.told.end_of_turn()
    manager.states = [State.RUNNING, State.RUNNING]
    manager.told.end_of_turn()
    assert [message.partition("\nSTATUS")[0] for message in manager.heard()[1:]] == [
        RELOADING,
        "STATUS=1 running, 1 starting",
        "READY=1",
    ]


def test_signs_of_life_come_twice_in_the_time_that_the_manager_waits(manager: StandIn) -> None:
    assert manager.told.deadline == 100.0
    manager.told.expire(100.0)
    assert manager.heard() == ["WATCHDOG=1"]
    assert manager.told.deadline == 101.5


def test_a_manager_that_has_gone_or_reads_nothing_holds_up_nobody(manager: StandIn) -> None:
    manager.states = [State.RUNNING]
    for _ in range(2000):
        manager.told.expire(manager.now)
    manager.socket.close()
    manager.told.end_of_turn()


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "-5"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_USEC": "30000000"}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "7"}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "8"}, None),
    ],
)
def test_the_watchdog_counts_where_it_is_meant_for_us(environ: dict[str, str], expected: float | None) -> None:
    assert patience(environ, (6, 7)) == expected
