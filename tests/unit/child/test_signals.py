"""A child's signals: what each sets, when a hook's turn comes, and waits that any of them ends.

A second TERM, and what reaches a task's own children, are in test_loop.py and tests/process/test_child_forks.py.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator

import pytest

from udaemon.child.signals import HANDLED, Signals

HUP, USR1, TERM, URG = (int(number) for number in (signal.SIGHUP, signal.SIGUSR1, signal.SIGTERM, signal.SIGURG))


@pytest.fixture
def signals() -> Iterator[Signals]:
    before = {number: signal.getsignal(number) for number in HANDLED}
    made = Signals()
    yield made
    made.uninstall()
    assert {number: signal.getsignal(number) for number in HANDLED} == before
    assert signal.set_wakeup_fd(-1) == -1


def test_a_stop_sets_both_flags_and_tells_whoever_waits(signals: Signals) -> None:
    told: list[int] = []
    signals.notify = lambda: told.append(1)
    signals.on_stop(TERM)
    assert (signals.stopping, signals.attention, told) == (True, True, [1])


def test_a_hook_has_its_turn_once_however_often_its_signal_came(signals: Signals) -> None:
    called: list[str] = []
    signals.hooks = {HUP: lambda: called.append("hup"), USR1: lambda: called.append("usr1")}
    for number in (HUP, USR1, HUP):
        signals.on_other(number)
    while (hook := signals.take_hook()) is not None:
        hook()
    assert (called, signals.attention) == (["hup", "usr1"], False)
    signals.on_other(HUP)
    assert signals.attention


def test_a_signal_without_a_hook_is_nothing_to_look_up_for(signals: Signals) -> None:
    signals.on_other(HUP)
    assert (signals.attention, signals.take_hook()) == (False, None)


def test_a_stop_stays_after_the_last_hook(signals: Signals) -> None:
    signals.hooks = {HUP: bool}
    signals.on_other(HUP)
    signals.on_stop(TERM)
    assert signals.take_hook() is not None
    assert signals.take_hook() is None
    assert (signals.stopping, signals.attention) == (True, True)


def test_the_slot_may_ask_for_a_stop_where_the_task_has_taken_the_signal(signals: Signals) -> None:
    assert not signals.look()
    signals.asked_to_stop = lambda: True
    assert signals.look()
    assert signals.attention


@pytest.mark.parametrize("wish", ["pace_changed", "has_wishes"])
def test_what_stands_in_the_slot_is_attended_to_and_is_no_stop(signals: Signals, wish: str) -> None:
    setattr(signals, wish, lambda: True)
    assert not signals.look()
    assert signals.attention


def test_a_wait_takes_its_time(signals: Signals) -> None:
    due = time.monotonic() + 0.02
    signals.wait(due)
    assert time.monotonic() >= due
    signals.wait(due)  # is over


@pytest.mark.parametrize("number", [HUP, TERM])
def test_a_signal_ends_a_wait(signals: Signals, number: int) -> None:
    signals.install()
    signals.hooks = {HUP: bool}
    signal.raise_signal(number)
    began = time.monotonic()
    signals.wait(began + 60.0)
    assert time.monotonic() - began < 30.0
    assert signals.attention


@pytest.fixture
def many_files() -> Iterator[None]:
    """All numbers that select(2) takes are those of files of the task's."""
    opened = [os.open(os.devnull, os.O_RDONLY)]
    while opened[-1] < 1024:
        opened.append(os.dup(opened[0]))
    yield
    for fd in opened:
        os.close(fd)


@pytest.mark.usefixtures("many_files")
def test_a_task_with_a_thousand_files_open_is_waited_for_like_any_other(signals: Signals) -> None:
    for length in (0.0204, 0.06):  # with and without part of a millisecond, precise and not
        due = time.monotonic() + length
        signals.wait(due)
        assert time.monotonic() >= due
    signals.install()
    signal.raise_signal(TERM)
    signals.wait(time.monotonic() + 60.0)
    assert signals.stopping
    assert signals.wake_fd() >= 1024


def test_a_nudge_has_the_slot_looked_at(signals: Signals) -> None:
    signals.install()
    signals.asked_to_stop = lambda: True
    fd = signals.wake_fd()
    signal.raise_signal(URG)
    os.fstat(fd)
    signals.wait(time.monotonic() + 60.0)
    assert signals.stopping


def test_a_pipe_that_the_task_has_closed_is_made_anew_and_its_number_left_alone(signals: Signals) -> None:
    first = signals.wake_fd()
    os.close(first)
    own = os.open(os.devnull, os.O_RDONLY)
    assert own == first
    second = signals.wake_fd()
    assert second != own
    signals.uninstall()
    os.fstat(own)
    os.close(own)


def test_in_a_process_that_the_task_forks_signals_mean_what_they_do_in_python(signals: Signals) -> None:
    before = {number: signal.getsignal(number) for number in HANDLED}
    signals.install()
    signals.wake_fd()
    signals.cut_off()
    after = {number: signal.getsignal(number) for number in HANDLED}
    assert {number for number in HANDLED if after[number] != before[number]} <= {int(signal.SIGINT)}
    assert signal.set_wakeup_fd(-1) == -1
    assert signals.attention


def test_a_handler_that_the_task_has_put_in_place_stays_its_own(signals: Signals) -> None:
    signals.install()
    mine = lambda _number, _frame: None  # noqa: E731
    former = signals._former[USR1]
    signal.signal(USR1, mine)
    signals.cut_off()
    assert signal.getsignal(USR1) is mine
    signal.signal(USR1, former)
