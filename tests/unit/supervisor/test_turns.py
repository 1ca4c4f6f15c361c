"""Whose turn it is: starts of which only so many go on at once, and locks, through the real fleet and supervisor."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from tests.fakes.supervisor import SupervisorWorld

from udaemon.child.run_locks import asked
from udaemon.child.scoreboard import ALLOWED, ASKED
from udaemon.manifest.dependencies import Dependency
from udaemon.manifest.model import Backoff, Daemon, Restart
from udaemon.manifest.probes import Ready as ReadyKey
from udaemon.manifest.schedule import Overlap
from udaemon.policy.events import (
    KickAsked,
    PauseAsked,
    Ready,
    RunAsked,
    RunDue,
    SpawnFailed,
    StartAsked,
    StopAsked,
    Verdict,
)
from udaemon.policy.instance import Key, State
from udaemon.policy.questions import Question
from udaemon.policy.reasons import Trouble

Make = Callable[..., SupervisorWorld]
A, B, C = Key("a", 0), Key("b", 0), Key("c", 0)


def command(name: str, **keys: Any) -> Daemon:
    return Daemon(name=name, command=(name,), **keys)


def task(name: str, **keys: Any) -> Daemon:
    return Daemon(name=name, task="jobs:run", sleep=1.0, **keys)


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """A supervisor whose engine answers only when the test says so."""
    made: list[SupervisorWorld] = []

    def new(*daemons: Daemon, most: int | None = None, **how: Any) -> SupervisorWorld:
        world = SupervisorWorld(tmp_path, *daemons, **{"at_once": False, **how})
        world.fleet.turns.allow(most)
        made.append(world)
        return world

    yield new
    for world in made:
        assert world.bugs() == []
        world.close()


def happens(world: SupervisorWorld, key: Key, *events: Any) -> None:
    for event in events:
        world.supervisor.happen(key, event)
    world.supervisor.end_of_turn()


def forked(world: SupervisorWorld, *keys: Key) -> None:
    for key in keys:
        world.engine.forked(key)
        world.supervisor.end_of_turn()


def message(world: SupervisorWorld, key: Key) -> str | None:
    return world.supervisor.view(key).instance.message


def state(world: SupervisorWorld, key: Key) -> State:
    return world.fleet.instances[key].state


# Starts


def test_only_so_many_start_at_once_and_the_others_wait_in_order(make: Make) -> None:
    world = make(*(command(f"d{at}") for at in range(5)), most=2)
    world.up()

    assert [str(key) for key in world.engine.spawned] == ["d0/0", "d1/0"]
    assert (state(world, Key("d2", 0)), message(world, Key("d2", 0))) == (
        State.WAITING,
        "waiting to start: max-starting is 2",
    )
    forked(world, Key("d1", 0))
    assert [str(key) for key in world.engine.spawned] == ["d0/0", "d1/0", "d2/0"]
    forked(world, Key("d0", 0), Key("d2", 0), Key("d3", 0))
    assert [str(key) for key in world.engine.spawned] == ["d0/0", "d1/0", "d2/0", "d3/0", "d4/0"]


def test_a_task_starts_until_it_is_built_and_what_is_asked_until_it_is_ready(make: Make) -> None:
    asks = command("b", ready=ReadyKey(tcp=":1"))
    world = make(task("a"), asks, command("c"), most=1)
    world.up()

    forked(world, A)
    assert world.engine.spawned == [A]
    happens(world, A, Ready())
    assert world.engine.spawned == [A, B]
    forked(world, B)
    assert world.engine.spawned == [A, B]
    happens(world, B, Verdict(Question.READY, world.fleet.instances[B].pid or 0, ok=True, reason=""))
    assert world.engine.spawned == [A, B, C]


def test_a_start_that_fails_makes_room(make: Make) -> None:
    world = make(command("a"), command("b"), most=1)
    world.up()
    happens(world, A, SpawnFailed(Trouble.RESOURCE, "no memory"))
    assert (state(world, A), world.engine.spawned) == (State.BACKOFF, [A, B])


def test_who_is_stopped_while_it_waits_leaves_its_place(make: Make) -> None:
    world = make(command("a"), command("b"), command("c"), most=1)
    world.up()
    world.supervisor.ask([B], StopAsked())
    assert state(world, B) is State.STOPPED
    forked(world, A)
    assert world.engine.spawned == [A, C]


def test_what_waits_for_another_daemon_takes_no_room(make: Make) -> None:
    """Else it would wait for itself."""
    needs = command("a", depends_on=(Dependency("c"),))
    world = make(needs, command("c"), command("b"), most=1)
    world.up()
    assert message(world, A) == "waiting for c@ready"
    assert world.engine.spawned == [C]
    forked(world, C, B, A)
    assert world.engine.spawned == [C, B, A]


def test_more_may_start_as_soon_as_the_manifest_says_so(make: Make, tmp_path: Path) -> None:
    daemons = [command(name) for name in "abc"]
    world = make(*daemons, most=1)
    world.up()
    world.supervisor.change(evolve(world.supervisor.manifest, max_starting=3))
    world.supervisor.end_of_turn()
    assert world.engine.spawned == [A, B, C]


# Locks of commands


def test_two_that_need_one_lock_never_live_at_once(make: Make) -> None:
    world = make(command("a", lock=("db",)), command("b", lock=("db",)))
    world.up()
    forked(world, A)

    assert (state(world, B), message(world, B)) == (State.WAITING, "waiting for lock db, held by a")
    world.ends(A)
    assert world.engine.spawned == [A, B]


def test_the_lock_is_free_between_a_crash_and_the_restart(make: Make) -> None:
    """A second one can take over; the first waits then."""
    keys = {"lock": ("db",), "restart": Restart.ALWAYS, "backoff": Backoff(initial=0.0)}
    world = make(command("a", **keys), command("b", **keys))
    world.up()
    forked(world, A)
    world.ends(A, code=1)
    assert world.engine.spawned == [A, B]
    assert message(world, A) == "waiting for lock db, held by b"


def test_several_locks_are_taken_together(make: Make) -> None:
    """Who waits for one holds none meanwhile, and whoever comes later does not overtake it."""
    world = make(command("a", lock=("db",)), command("b", lock=("mail", "db")), command("c", lock=("mail",)))
    world.up()
    forked(world, A)
    assert world.engine.spawned == [A]
    assert message(world, B) == "waiting for lock db, held by a"
    assert message(world, C) == "waiting for lock mail, which b is to have next"
    world.ends(A)
    forked(world, B)
    assert world.engine.spawned == [A, B]
    assert message(world, C) == "waiting for lock mail, held by b"
    world.ends(B)
    assert world.engine.spawned == [A, B, C]


def test_a_lock_and_room_to_start_are_waited_for_together(make: Make) -> None:
    world = make(command("a", lock=("db",)), command("b", lock=("db",)), command("c"), most=1)
    world.up()
    assert message(world, C) == "waiting to start: max-starting is 1"
    forked(world, A)
    assert world.engine.spawned == [A, C]  # who waits for a lock takes no room
    world.ends(A)
    assert message(world, B) == "waiting to start: max-starting is 1"
    forked(world, C)
    assert world.engine.spawned == [A, C, B]


def test_the_run_that_holds_a_lock_is_told_by_its_number(make: Make) -> None:
    world = make(command("a", lock=("db",), cron="@daily"), command("b", lock=("db",)))
    world.supervisor.ask([A], StartAsked())
    writer = world.slots.writer(A)
    for _ in range(11):
        writer.done(1.0, 2.0)
    happens(world, A, RunDue())
    forked(world, A)
    world.supervisor.ask([B], StartAsked())
    assert message(world, B) == "waiting for lock db, held by a #12"


@pytest.mark.parametrize(("overlap", "owes"), [(Overlap.SKIP, False), (Overlap.QUEUE, True)])
def test_a_run_that_is_due_while_one_waits_is_as_overlap_says(make: Make, overlap: Overlap, owes: bool) -> None:
    world = make(command("a", lock=("db",)), command("b", lock=("db",), cron="@daily", overlap=overlap))
    world.up()
    forked(world, A)
    happens(world, B, RunDue(), RunDue(), KickAsked())
    assert (state(world, B), world.fleet.instances[B].owes_run) == (State.WAITING, owes)
    world.ends(A)
    forked(world, B)
    world.ends(B)
    assert world.engine.spawned == [A, B, *([B] if owes else [])]
    assert state(world, B) is (State.STARTING if owes else State.WAITING)


def test_a_run_that_waits_for_a_lock_when_it_is_paused_does_not_begin(make: Make) -> None:
    world = make(command("a", lock=("db",)), command("b", lock=("db",), sleep=5.0), command("c", lock=("db",)))
    happens(world, A, StartAsked())
    forked(world, A)
    happens(world, B, StartAsked(), RunDue())
    happens(world, C, StartAsked())
    happens(world, B, PauseAsked())
    assert (state(world, B), message(world, B)) == (State.WAITING, None)
    world.ends(A, code=1)
    assert (state(world, B), state(world, C)) == (State.WAITING, State.STARTING)


def test_who_cannot_be_killed_keeps_its_lock(make: Make) -> None:
    now = [1000.0]
    world = make(command("a", lock=("db",)), command("b", lock=("db",)), clock=lambda: now[0])
    world.up()
    forked(world, A)
    world.supervisor.ask([A], StopAsked(hurry=True))
    now[0] += 60.0
    world.supervisor.expire(now[0])
    assert state(world, A) is State.FAILED
    assert message(world, B) == "waiting for lock db, held by a"


# Locks of tasks


def allowed(world: SupervisorWorld, key: Key) -> float:
    return world.slots.writer(key).words[ALLOWED]


def running(world: SupervisorWorld, *keys: Key) -> None:
    world.up()
    for key in keys:
        forked(world, key)
        happens(world, key, Ready())


def test_a_task_has_its_locks_for_a_run(make: Make) -> None:
    world = make(task("a", lock=("db",)), task("b", lock=("db",)))
    running(world, A, B)

    happens(world, A, RunAsked(12))
    assert allowed(world, A) == 12.0
    happens(world, B, RunAsked(3))
    assert (state(world, B), allowed(world, B)) == (State.RUNNING, 0.0)
    assert message(world, B) == "waiting for lock db, held by a #12"

    happens(world, A, RunAsked(0))
    assert (allowed(world, B), message(world, B)) == (3.0, None)


def test_who_asks_again_at_once_comes_after_those_that_wait(make: Make) -> None:
    world = make(task("a", lock=("db",)), task("b", lock=("db",)))
    running(world, A, B)
    happens(world, A, RunAsked(1))
    happens(world, B, RunAsked(1))
    happens(world, A, RunAsked(2))
    assert (allowed(world, A), allowed(world, B)) == (1.0, 1.0)
    assert message(world, A) == "waiting for lock db, held by b #1"


def test_a_task_that_dies_in_its_run_lets_go(make: Make) -> None:
    world = make(task("a", lock=("db",), restart=Restart.NEVER), task("b", lock=("db",)))
    running(world, A, B)
    happens(world, A, RunAsked(1))
    happens(world, B, RunAsked(1))
    world.ends(A, code=1)
    assert allowed(world, B) == 1.0


def test_a_word_that_comes_twice_changes_nothing(make: Make) -> None:
    world = make(task("a", lock=("db",)), task("b", lock=("db",)))
    running(world, A, B)
    happens(world, A, RunAsked(1), RunAsked(1))
    happens(world, B, RunAsked(1), RunAsked(1))
    place = world.fleet.instances[B].place
    happens(world, B, RunAsked(1))
    assert (world.fleet.instances[A].holds, world.fleet.instances[B].place) == (("db",), place)


def test_who_withdraws_lets_the_next_one_through(make: Make) -> None:
    world = make(task("a", lock=("db",)), task("b", lock=("db",)), task("c", lock=("db",)))
    running(world, A, B, C)
    for key in (A, B, C):
        happens(world, key, RunAsked(1))
    happens(world, B, RunAsked(0))
    happens(world, A, RunAsked(0))
    assert (allowed(world, B), allowed(world, C)) == (0.0, 1.0)


def test_a_command_and_a_task_share_a_lock(make: Make) -> None:
    world = make(task("a", lock=("db",)), command("b", lock=("db",)))
    world.supervisor.ask([A], StartAsked())
    world.supervisor.end_of_turn()
    forked(world, A)
    happens(world, A, Ready(), RunAsked(7))
    world.supervisor.ask([B], StartAsked())
    world.supervisor.end_of_turn()
    assert message(world, B) == "waiting for lock db, held by a #7"
    happens(world, A, RunAsked(0))
    assert world.engine.spawned == [A, B]
    happens(world, A, RunAsked(8))
    assert message(world, A) == "waiting for lock db, held by b"


def test_the_slot_says_after_a_death_of_the_supervisor_who_has_what(make: Make) -> None:
    world = make(task("a", lock=("db",)), task("b", lock=("db",)))
    running(world, A, B)
    happens(world, A, RunAsked(5, has=True))
    happens(world, B, RunAsked(2, has=False))
    assert (world.fleet.instances[A].holds, allowed(world, B)) == (("db",), 0.0)
    happens(world, A, RunAsked(6, has=False))
    assert allowed(world, B) == 2.0


@pytest.mark.parametrize(("word", "read"), [(3.0, 3), (0.0, 0), (-1.0, 0), (float("nan"), 0), (1e300, 0)])
def test_a_child_may_write_what_it_likes(make: Make, word: float, read: int) -> None:
    world = make(task("a", lock=("db",)))
    writer = world.slots.writer(A)
    writer.attach(77)
    writer.words[ASKED] = word
    assert asked(*world.scoreboard.locate(world.slots[A]), 77) == (read, False)
    assert asked(*world.scoreboard.locate(world.slots[A]), 78) is None


def test_other_locks_of_a_task_count_from_its_next_run_on(make: Make) -> None:
    """Its process is not replaced for that: it asks, and the supervisor knows for what."""
    world = make(task("a", lock=("db",)), task("b", lock=("mail",)))
    world.up()
    for key in (A, B):
        world.engine.forked(key)
        world.supervisor.happen(key, Ready())
    world.supervisor.happen(A, RunAsked(1))
    world.change(task("a", lock=("db", "mail")), task("b", lock=("mail",)))
    assert world.fleet.instances[A].holds == ("db",)
    world.supervisor.happen(B, RunAsked(1))
    assert world.fleet.instances[B].holds == ("mail",)
    world.supervisor.happen(A, RunAsked(2))
    assert world.fleet.instances[A].message == "waiting for lock mail, held by b #1"
    world.supervisor.happen(B, RunAsked(0))
    world.supervisor.end_of_turn()
    assert world.fleet.instances[A].holds == ("db", "mail")
    assert {name for _, name in world.engine.signals} == {"URG"}  # which wakes it
