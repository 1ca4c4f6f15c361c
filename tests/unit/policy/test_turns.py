"""Whose turn it is, of instances as they stand: room to start, and locks. Through the fleet: supervisor/test_turns."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from udaemon.manifest.model import Daemon
from udaemon.policy.instance import FREE, Instance, Key, State, Turn, declared
from udaemon.policy.turns import Turns

A, B, C = Key("a", 0), Key("b", 0), Key("c", 0)


def command(name: str, state: State = State.STOPPED, *, lock: str = "", **keys: Any) -> Instance:
    made = declared(Daemon(name=name, command=(name,), lock=tuple(lock.split())), 0)
    return evolve(made, state=state, **keys)


def task(name: str, *, lock: str = "", **keys: Any) -> Instance:
    made = declared(Daemon(name=name, task="jobs:run", sleep=1.0, lock=tuple(lock.split())), 0)
    return evolve(made, state=State.RUNNING, pid=7, **keys)


def turns(*instances: Instance, most: int | None = None) -> Turns:
    made = Turns({one.key: one for one in instances}, most)
    made.reset()
    return made


def test_where_nothing_is_bounded_it_is_everybodys_turn() -> None:
    one = command("a")
    assert turns(one).with_turn(one) is one
    late = evolve(one, turn=Turn(start="for something"))
    assert turns(late).with_turn(late).turn is FREE


@pytest.mark.parametrize(
    ("others", "most", "waits"),
    [
        ((), 1, None),
        ((command("b", State.STARTING),), 1, "to start: max-starting is 1"),
        ((command("b", State.STARTING),), 2, None),
        ((command("b", State.RUNNING, pid=5),), 1, None),
        ((command("b", State.WAITING, place=1),), 1, "to start: max-starting is 1"),
        ((command("b", State.WAITING, place=1),), 2, None),
    ],
)
def test_a_start_waits_while_as_many_go_on_or_are_before_it(
    others: tuple[Instance, ...], most: int, waits: str | None
) -> None:
    one = command("a")
    assert turns(one, *others, most=most).with_turn(one).turn.start == waits


@pytest.mark.parametrize(
    ("other", "waits"),
    [
        (command("b", State.RUNNING, lock="db", holds=("db",), pid=5), "for lock db, held by b"),
        (command("b", State.RUNNING, lock="mail", holds=("mail",), pid=5), None),
        (command("b", State.WAITING, lock="db", place=1), "for lock db, which b is to have next"),
        (task("b", lock="db", holds=("db",), run_asked=12), "for lock db, held by b #12"),
        (task("b", lock="db"), None),
    ],
)
def test_a_lock_is_waited_for_while_another_has_it_or_is_before(other: Instance, waits: str | None) -> None:
    one = command("a", lock="db")
    found = turns(one, other).with_turn(one).turn
    assert (found.start, found.locked) == (waits, waits is not None)


def test_a_task_waits_for_its_locks_with_a_run_and_starts_without() -> None:
    one, other = task("a", lock="db"), command("b", State.RUNNING, lock="db", holds=("db",), pid=5)
    turn = turns(one, other).with_turn(one).turn
    assert (turn.start, turn.run, turn.locked) == (None, "for lock db, held by b", True)


def test_a_lock_that_is_free_again_goes_to_the_lowest_place() -> None:
    holder = command("a", State.RUNNING, lock="db", holds=("db",), pid=5)
    second, third = command("b", State.WAITING, lock="db", place=2), task("c", lock="db", place=1, run_asked=3)
    instances = {one.key: one for one in (holder, second, third)}
    made = Turns(instances)
    made.reset()
    assert [*made.next()] == []
    assert [made.waits_for(one) for one in (holder, third)] == [None, "for lock db, held by a"]
    instances[A] = evolve(holder, state=State.STOPPED, holds=(), pid=None)
    made.changed(holder, instances[A])
    assert [*made.next()] == [C]
    assert made.last == 2


def test_of_the_starts_that_wait_the_first_is_next_when_there_is_room() -> None:
    starting, second, third = (
        command("a", State.STARTING),
        *(command(name, State.WAITING, place=place) for name, place in (("b", 2), ("c", 1))),
    )
    instances = {one.key: one for one in (starting, second, third)}
    made = Turns(instances, 1)
    made.reset()
    assert [*made.next()] == []
    instances[A] = evolve(starting, state=State.RUNNING)
    made.changed(starting, instances[A])
    assert [*made.next()] == [C]
    made.allow(None)
    assert made.with_turn(second).turn is FREE


def test_who_leaves_takes_nothing_with_it() -> None:
    holder, other = command("a", lock="db", state=State.RUNNING, holds=("db",), pid=5), command("b", lock="db")
    instances = {A: holder, B: other}
    made = Turns(instances)
    made.reset()
    assert made.with_turn(other).turn.locked
    del instances[A]
    made.changed(holder, None)
    assert not made.with_turn(other).turn.locked
