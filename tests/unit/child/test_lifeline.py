"""A lifeline ends with its last owner, and whoever holds it is signalled, also who takes hold too late."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from udaemon.child.lifeline import Lifeline
from udaemon.system.file_identity import identity

SIGNAL = signal.SIGUSR1


@pytest.fixture
def came() -> Iterator[list[int]]:
    """Signals that came to this process."""
    signals: list[int] = []
    before = signal.signal(SIGNAL, lambda number, _frame: signals.append(number))
    yield signals
    signal.signal(SIGNAL, before)


@pytest.fixture
def pipe() -> Iterator[tuple[Lifeline, int]]:
    """A lifeline, and the end that its owner has."""
    read, write = os.pipe2(os.O_CLOEXEC)
    lifeline = Lifeline(read, identity(read))
    yield lifeline, write
    lifeline.let_go()


def test_it_has_not_ended_while_its_owner_lives(pipe: tuple[Lifeline, int], came: list[int]) -> None:
    lifeline, write = pipe
    lifeline.signal_at_end(SIGNAL)
    assert (lifeline.has_ended(), came) == (False, [])
    os.close(write)


def test_its_end_signals_whoever_holds_it(pipe: tuple[Lifeline, int], came: list[int]) -> None:
    lifeline, write = pipe
    lifeline.signal_at_end(SIGNAL)
    os.close(write)
    assert (lifeline.has_ended(), came) == (True, [SIGNAL])


def test_an_owner_who_had_gone_before_counts(pipe: tuple[Lifeline, int], came: list[int]) -> None:
    lifeline, write = pipe
    os.close(write)
    lifeline.signal_at_end(SIGNAL)
    assert (lifeline.has_ended(), set(came)) == (True, {SIGNAL})  # it may come twice


def test_it_ends_with_the_last_of_several_owners(pipe: tuple[Lifeline, int], came: list[int]) -> None:
    lifeline, write = pipe
    second = os.dup(write)
    lifeline.signal_at_end(SIGNAL)
    os.close(write)
    assert (lifeline.has_ended(), came) == (False, [])
    os.close(second)
    assert (lifeline.has_ended(), came) == (True, [SIGNAL])


def test_each_holder_has_a_description_of_its_own_under_the_same_number(came: list[int]) -> None:
    """Flags and owner of a description are shared by all that inherit it: the first is left as it was."""
    read, write = os.pipe2(os.O_CLOEXEC)
    kept = os.dup(read)
    lifeline = Lifeline(read)
    lifeline.signal_at_end(SIGNAL)
    assert lifeline.fd == read
    assert (os.get_blocking(read), os.get_blocking(kept)) == (False, True)
    assert not os.get_inheritable(read)
    for fd in (write, kept, read):
        os.close(fd)


def test_where_the_task_has_put_something_else_in_its_place_nothing_has_ended(pipe: tuple[Lifeline, int]) -> None:
    lifeline, write = pipe
    lifeline.signal_at_end(SIGNAL)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, lifeline.fd, inheritable=False)
    assert not lifeline.has_ended()
    for fd in (null, write):
        os.close(fd)


def test_a_new_one_is_our_own_and_not_inherited() -> None:
    lifeline = Lifeline.own()
    assert not os.get_inheritable(lifeline.fd)
    os.set_blocking(lifeline.fd, False)
    assert not lifeline.has_ended()
    lifeline.let_go()
