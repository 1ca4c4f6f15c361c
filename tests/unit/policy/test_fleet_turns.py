"""Whose turn it is to start, through the fleet: found by seeds of the simulation."""

from __future__ import annotations

from udaemon.manifest.model import Daemon, Manifest
from udaemon.policy.events import NeedsChanged, Spawned, StartAsked, StopAsked
from udaemon.policy.fleet import Fleet
from udaemon.policy.instance import Key, State

A, B, C = (Key(name, 0) for name in "abc")


def fleet(*daemons: Daemon, most: int) -> Fleet:
    """So many of these may be starting at once."""
    named = {daemon.name: daemon for daemon in daemons}
    return Fleet(Manifest(file="/m", directory="/", project="p", daemons=named, max_starting=most))


def test_a_task_that_waits_for_room_does_not_wait_for_the_lock_of_its_runs() -> None:
    """It has that for a run, and its start goes on without."""
    found = fleet(
        Daemon(name="a", command=("run",), lock=("db",)),
        Daemon(name="b", factory="m:f", lock=("db",)),
        Daemon(name="c", command=("run",), lock=("db",)),
        most=1,
    )
    for key in (A, B):
        found.step(key, StartAsked(), 1.0)
    assert found.instances[B].message == "waiting to start: max-starting is 1"
    found.step(A, Spawned(7), 2.0)
    assert [*found.turns.next()] == [B]
    found.step(B, NeedsChanged(), 2.0)
    assert found.instances[B].state is State.STARTING


def test_who_waits_for_a_lock_does_not_wait_for_a_task_that_has_not_started() -> None:
    found = fleet(
        Daemon(name="a", command=("run",)),
        Daemon(name="b", factory="m:f", lock=("db",)),
        Daemon(name="c", command=("run",), lock=("db",)),
        most=1,
    )
    for key in (A, B, C):
        found.step(key, StartAsked(), 1.0)
    assert found.current(C).message == "waiting to start: max-starting is 1"


def test_a_start_that_was_called_off_has_its_room_until_it_is_answered() -> None:
    """It may be taken back, and would be one too many."""
    found = fleet(Daemon(name="a", command=("run",)), Daemon(name="b", command=("run",)), most=1)
    found.step(A, StartAsked(), 1.0)
    found.step(A, StopAsked(), 1.0)
    assert found.instances[A].state is State.STOPPING
    found.step(B, StartAsked(), 1.0)
    assert found.instances[B].state is State.WAITING
    found.step(A, StartAsked(), 1.0)
    assert (found.instances[A].state, [*found.turns.next()]) == (State.STARTING, [])
    found.step(A, Spawned(7), 2.0)
    assert [*found.turns.next()] == [B]
