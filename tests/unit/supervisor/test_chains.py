"""Runs after runs of others, through the real fleet, slots and supervisor."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import inf
from pathlib import Path
from typing import Any

import pytest
from tests.fakes.supervisor import SupervisorWorld

from udaemon.child.after_run import TELLS, AfterRuns
from udaemon.child.task import PrecedingRun
from udaemon.manifest.chains import AfterRun, Ending
from udaemon.manifest.model import Daemon
from udaemon.manifest.schedule import Overlap
from udaemon.policy.events import KickAsked, Ready, RunDue, RunEnded, StartAsked, StopAsked
from udaemon.policy.followed import Followed
from udaemon.policy.instance import Key, State

EXPORT, MAIL = Key("export", 0), Key("mail", 0)
Make = Callable[..., SupervisorWorld]


def source(**keys: Any) -> Daemon:
    return Daemon(name="export", task="jobs:export", sleep=60.0, **keys)


def task(on: Ending = Ending.OK, **keys: Any) -> Daemon:
    return Daemon(name="mail", factory="jobs:mail", after_run=(AfterRun("export", on),), **keys)


def command(on: Ending = Ending.OK) -> Daemon:
    return Daemon(name="mail", command=("mail",), after_run=(AfterRun("export", on),))


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """A supervisor that is up, whose engine answers only when the test says so."""
    made: list[SupervisorWorld] = []

    def new(*daemons: Daemon) -> SupervisorWorld:
        world = SupervisorWorld(tmp_path, *daemons, at_once=False)
        made.append(world)
        world.up()
        for key in tuple(world.engine.spawned):
            world.engine.forked(key)
            world.supervisor.happen(key, Ready())
        return world

    yield new
    for world in made:
        assert world.bugs() == []
        world.close()


def over(world: SupervisorWorld, run: int, *, ok: bool = True, key: Key = EXPORT) -> None:
    world.supervisor.happen(key, RunEnded(run, ok))
    world.supervisor.end_of_turn()


def follower(world: SupervisorWorld) -> tuple[AfterRuns, list[PrecedingRun | None]]:
    """What goes on in the process of a task that follows."""
    told: list[PrecedingRun | None] = []
    return AfterRuns(world.slots.writer(MAIL), ("export",), told.append), told


@pytest.mark.parametrize(
    ("on", "ok", "runs"),
    [
        (Ending.OK, True, True),
        (Ending.OK, False, False),
        (Ending.FAILED, True, False),
        (Ending.FAILED, False, True),
        (Ending.ANY, True, True),
        (Ending.ANY, False, True),
    ],
)
def test_a_run_that_counts_is_followed_by_one(make: Make, on: Ending, ok: bool, runs: bool) -> None:
    world = make(source(), command(on))
    over(world, 12, ok=ok)
    assert (MAIL in world.engine.spawned) == runs
    assert world.fleet.instances[MAIL].state is (State.STARTING if runs else State.WAITING)


def test_a_command_has_the_run_in_its_environment(make: Make) -> None:
    world = make(source(), command())
    over(world, 12)
    env = world.engine.requests[MAIL].daemon.env
    assert {name: value for name, value in env.items() if "AFTER" in name} == {
        "UDAEMON_AFTER_NAME": "export",
        "UDAEMON_AFTER_INSTANCE": "0",
        "UDAEMON_AFTER_RUN": "12",
        "UDAEMON_AFTER_OUTCOME": "ok",
    }


def test_what_comes_during_a_run_is_one_run_after_it_and_the_rest_is_counted(make: Make) -> None:
    world = make(source(), command())
    for run in (1, 2, 3, 4):
        over(world, run)
    world.engine.forked(MAIL)
    world.ends(MAIL)
    assert world.engine.spawned.count(MAIL) == 2
    assert world.fleet.instances[MAIL].after == Followed("export", 0, 4, "ok")
    world.engine.forked(MAIL)
    world.ends(MAIL)
    assert world.engine.spawned.count(MAIL) == 2
    reading = world.supervisor.view(MAIL).slot
    assert reading is not None
    assert (reading.count, reading.missed) == (2, 2)


def test_a_run_that_is_kicked_comes_after_none(make: Make) -> None:
    world = make(source(), command())
    over(world, 1)
    world.engine.forked(MAIL)
    world.ends(MAIL)
    world.supervisor.happen(MAIL, KickAsked())
    assert world.fleet.instances[MAIL].after is None


def test_a_task_runs_once_for_what_has_come(make: Make) -> None:
    world = make(source(), task())
    planner, told = follower(world)
    assert planner.first(0.0, 100.0).at == inf
    for run in (1, 2, 3):
        over(world, run)
    assert (MAIL, "URG") in world.engine.signals

    due = planner.look(planner.first(0.0, 100.0), 101.0)
    assert due.at <= 101.0
    planner.began()
    assert planner.next(due, 101.0, 102.0, kicked=False).at == inf
    assert told == [PrecedingRun("export", 0, 3, "ok"), None]
    assert world.slots.writer(MAIL).words[15] == 2.0  # missed


def test_what_a_process_has_not_begun_is_the_next_ones(make: Make) -> None:
    world = make(source(), task())
    over(world, 1)
    planner, _ = follower(world)
    assert planner.first(0.0, 100.0).at == 100.0


def test_what_rests_has_no_runs_later_for_those_that_came_before(make: Make) -> None:
    world = make(source(), task())
    over(world, 1)
    world.supervisor.ask([MAIL], StopAsked())
    world.ends(MAIL)
    over(world, 2)
    world.supervisor.ask([MAIL], StartAsked())
    planner, _ = follower(world)
    assert planner.first(0.0, 100.0).at == inf


def test_a_run_in_which_a_process_dies_has_failed(make: Make) -> None:
    world = make(source(), command(Ending.FAILED))
    world.slots.writer(EXPORT).began(5.0)
    world.ends(EXPORT, code=1)
    assert world.fleet.instances[MAIL].after == Followed("export", 0, 1, "failed")


def test_the_runs_of_a_command_are_followed(make: Make) -> None:
    world = make(Daemon(name="export", command=("export",), cron="@daily"), command(Ending.ANY))
    world.supervisor.happen(EXPORT, RunDue())
    world.supervisor.end_of_turn()
    world.engine.forked(EXPORT)
    world.ends(EXPORT, code=3)
    assert world.fleet.instances[MAIL].after == Followed("export", 0, 1, "failed")


def test_only_a_task_that_is_followed_tells_of_its_runs(make: Make) -> None:
    """Also where the follower came while it ran, or went."""
    world = make(source())
    assert world.slots.writer(EXPORT).words[TELLS] == 0.0
    world.change(source(), task())
    assert world.slots.writer(EXPORT).words[TELLS] == 1.0
    world.change(source())
    assert world.slots.writer(EXPORT).words[TELLS] == 0.0


@pytest.mark.parametrize("word", [float("nan"), -5.0, 1e300, 0.5])
def test_a_task_may_write_what_it_likes(make: Make, word: float) -> None:
    world = make(source(), task())
    planner, told = follower(world)
    world.slots.writer(MAIL).words[223:230] = memoryview(bytearray(7 * 8)).cast("d")
    for at in range(224, 230):
        world.slots.writer(MAIL).words[at] = word
    planner.began()
    over(world, 7)
    planner.began()
    assert told[-1] == PrecedingRun("export", 0, 7, "ok")


def due(world: SupervisorWorld, key: Key) -> None:
    world.supervisor.happen(key, RunDue())
    world.supervisor.end_of_turn()


def test_a_run_that_is_cancelled_counts_as_failed_and_frees_its_lock_in_turn(make: Make) -> None:
    """It ends with exit code 0 all the same. Who waits for the lock has it before the run that is due."""
    job = Daemon(name="export", command=("job",), cron="* * * * *", overlap=Overlap.CANCEL, lock=("db",))
    after = Daemon(name="alarm", command=("alarm",), after_run=(AfterRun("export", Ending.FAILED),))
    other = Daemon(name="other", command=("other",), cron="* * * * *", lock=("db",))
    world = make(job, command(), after, other)
    alarm, waiting = Key("alarm", 0), Key("other", 0)
    due(world, EXPORT)
    world.engine.forked(EXPORT)
    due(world, waiting)

    due(world, EXPORT)
    assert world.engine.signals == [(EXPORT, "TERM")]
    world.ends(EXPORT)

    reading = world.supervisor.view(EXPORT).slot
    assert reading is not None
    assert (reading.count, reading.failed, reading.last_outcome) == (1, 1, "failed")
    assert world.fleet.instances[alarm].after == Followed("export", 0, 1, "failed")
    assert world.fleet.instances[MAIL].state is State.WAITING
    assert world.fleet.instances[EXPORT].message == "waiting for lock db, which other is to have next"
    world.engine.forked(waiting)
    world.ends(waiting)
    assert world.engine.spawned.count(EXPORT) == 2
    told = [one.event for one in world.said if one.key == EXPORT]
    assert told.count("cancelled") == 1
