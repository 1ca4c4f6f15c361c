"""Daemons that need others: who waits for what, who is told that it waits in vain, and who stops first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from tests.fakes.supervisor import SupervisorWorld

from udaemon.manifest.dependencies import Condition, Dependency
from udaemon.manifest.model import Daemon, Restart
from udaemon.policy.events import RestartAsked, RunDue, StartAsked, StopAsked
from udaemon.policy.instance import Key, State, Wanted
from udaemon.policy.reasons import Trouble

DB, MIGRATE, WEB = Key("db", 0), Key("migrate", 0), Key("web", 0)
Make = Callable[..., SupervisorWorld]


def daemon(name: str, *needs: Dependency | str, **keys: object) -> Daemon:
    those = tuple(Dependency(one) if isinstance(one, str) else one for one in needs)
    return Daemon(name=name, command=(name,), depends_on=those, **keys)  # type: ignore[arg-type]


STACK = (
    daemon("web", "db", Dependency("migrate", Condition.COMPLETED)),
    daemon("migrate", "db"),
    daemon("db"),
)


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """A supervisor whose engine answers only when the test says so."""
    made: list[SupervisorWorld] = []

    def new(*daemons: Daemon, **how: Any) -> SupervisorWorld:
        made.append(SupervisorWorld(tmp_path, *daemons, **{"at_once": False, **how}))
        return made[-1]

    yield new
    for world in made:
        assert world.bugs() == []
        world.close()


def message(world: SupervisorWorld, key: Key) -> str | None:
    return world.fleet.instances[key].message


def ask(world: SupervisorWorld, event: StartAsked | StopAsked | RestartAsked, *keys: Key) -> None:
    world.supervisor.ask(keys, event)
    world.supervisor.end_of_turn()


def forked(world: SupervisorWorld, *keys: Key) -> None:
    for key in keys:
        world.engine.forked(key)
        world.supervisor.end_of_turn()


def test_each_is_started_when_what_it_needs_holds_and_says_meanwhile_what_it_waits_for(make: Make) -> None:
    world = make(*STACK)
    world.up()
    assert world.engine.spawned == [DB]
    assert (world.states()["web/0"], message(world, WEB)) == (
        State.WAITING,
        "waiting for db@ready, migrate@completed",
    )
    forked(world, DB)
    assert world.engine.spawned == [DB, MIGRATE]
    assert message(world, WEB) == "waiting for migrate@completed"
    forked(world, MIGRATE)
    assert world.engine.spawned == [DB, MIGRATE]
    world.ends(MIGRATE)
    assert world.engine.spawned == [DB, MIGRATE, WEB]
    forked(world, WEB)
    assert (world.states()["web/0"], message(world, WEB)) == (State.RUNNING, None)


def test_all_instances_of_what_is_needed_count_together(make: Make) -> None:
    world = make(daemon("web", "db"), daemon("db", instances=2))
    world.up()
    forked(world, DB)
    assert WEB not in world.engine.spawned
    forked(world, Key("db", 1))
    assert world.engine.spawned[-1] == WEB


def test_a_task_is_ready_when_it_is_built_and_started_before(make: Make) -> None:
    task = Daemon(name="db", factory="m:f")
    world = make(daemon("web", "db"), daemon("early", Dependency("db", Condition.STARTED)), task)
    world.up()
    forked(world, DB)
    assert world.engine.spawned == [DB, Key("early", 0)]
    world.engine.ready(DB)
    world.supervisor.end_of_turn()
    assert world.engine.spawned[-1] == WEB


def test_a_first_good_run_is_waited_for_and_counts_over_restarts_by_udaemon(make: Make) -> None:
    warm = Daemon(name="warm", factory="m:f", sleep=1.0, restart=Restart.ALWAYS)
    key = Key("warm", 0)
    world = make(daemon("web", Dependency("warm", Condition.FIRST_RUN_OK)), warm)
    world.up()
    forked(world, key)
    world.engine.ready(key)
    assert world.states()["web/0"] is State.WAITING
    world.supervisor.good_run(key)
    world.supervisor.end_of_turn()
    assert world.engine.spawned[-1] == WEB
    forked(world, WEB)
    world.ends(key, code=1)
    ask(world, RestartAsked(), WEB)
    world.ends(WEB)
    assert world.engine.spawned[-1] == WEB, "it has had its good run"


def test_a_scheduled_command_is_up_between_its_runs_and_its_good_exit_is_a_good_run(make: Make) -> None:
    nightly, early = Key("nightly", 0), Key("early", 0)
    world = make(
        daemon("web", Dependency("nightly", Condition.FIRST_RUN_OK)),
        daemon("early", "nightly"),
        daemon("nightly", sleep=60.0),
    )
    world.up()
    assert world.engine.spawned == [early]
    for code in (1, 0):
        assert WEB not in world.engine.spawned
        world.supervisor.happen(nightly, RunDue())
        world.supervisor.end_of_turn()
        forked(world, nightly)
        world.ends(nightly, code=code)
    assert world.engine.spawned[-1] == WEB


def test_a_scheduled_command_begins_no_run_before_what_it_needs_and_then_the_one_that_was_due(make: Make) -> None:
    nightly = Key("nightly", 0)
    world = make(daemon("nightly", "db", sleep=60.0), daemon("db"))
    world.up()
    for _ in range(2):
        world.supervisor.happen(nightly, RunDue())
        world.supervisor.end_of_turn()
    assert (world.engine.spawned, message(world, nightly)) == ([DB], "waiting for db@ready")
    forked(world, DB)
    assert world.engine.spawned == [DB, nightly]


def test_what_becomes_ready_only_after_a_restart_counts(make: Make) -> None:
    world = make(*STACK)
    world.up()
    world.engine.forked(DB)
    world.ends(DB, code=1)  # crashed before anybody could see it run
    assert world.states()["db/0"] is State.STARTING
    forked(world, DB)
    forked(world, MIGRATE)
    world.ends(MIGRATE, code=3)  # and so did the migration
    assert world.states()["web/0"] is State.WAITING
    forked(world, MIGRATE)
    world.ends(MIGRATE)
    assert world.engine.spawned[-1] == WEB


def test_what_can_hold_no_more_is_told_to_all_that_wait_for_it_and_comes_back_when_it_does(make: Make) -> None:
    world = make(*STACK)
    world.up()
    world.engine.fail(DB, "exec db: no", Trouble.CONFIG)
    world.supervisor.end_of_turn()
    assert world.states() == {"web/0": State.WAITING, "migrate/0": State.WAITING, "db/0": State.FAILED}
    assert message(world, MIGRATE) == "waiting for db@ready: db failed: exec db: no"
    assert message(world, WEB) == "waiting for db@ready, migrate@completed: db failed: exec db: no"
    said = [notice.message for notice in world.said if notice.key == WEB and notice.event == "waiting"]
    assert said[-1] == "for db@ready, migrate@completed: db failed: exec db: no"
    ask(world, StartAsked(), DB)
    forked(world, DB)
    assert (world.states()["db/0"], world.states()["migrate/0"]) == (State.RUNNING, State.STARTING)


def test_what_is_not_required_is_not_waited_for_in_vain(make: Make) -> None:
    optional = Dependency("db", required=False)
    world = make(daemon("web", optional), daemon("db", restart=Restart.NEVER))
    world.up()
    assert world.engine.spawned == [DB]
    world.engine.fail(DB)
    assert world.states()["web/0"] is State.WAITING, "it is tried again"
    world.supervisor.ask([DB], StopAsked())
    world.supervisor.end_of_turn()
    assert world.engine.spawned[-1] == WEB


def test_a_daemon_that_is_not_there_is_waited_for_only_where_it_is_required(make: Make) -> None:
    world = make(daemon("web", "tracer"), daemon("other", Dependency("tracer", required=False)))
    world.up()
    assert world.engine.spawned == [Key("other", 0)]
    assert message(world, WEB) == "waiting for tracer@ready: there is no tracer"


@pytest.mark.parametrize("asked", [RestartAsked(), StartAsked()])
def test_who_waits_and_is_started_or_restarted_waits_on_and_is_started_once(
    make: Make, asked: RestartAsked | StartAsked
) -> None:
    world = make(*STACK)
    world.up()
    for _ in range(3):
        ask(world, asked, WEB, MIGRATE)
    assert (world.engine.spawned, world.states()["web/0"]) == ([DB], State.WAITING)
    forked(world, DB, MIGRATE)
    world.ends(MIGRATE)
    forked(world, WEB)
    assert world.engine.spawned == [DB, MIGRATE, WEB]


def test_who_waits_and_is_stopped_is_not_started_later(make: Make) -> None:
    world = make(*STACK)
    world.up()
    ask(world, StopAsked(), WEB)
    assert (world.states()["web/0"], message(world, WEB)) == (State.STOPPED, None)
    forked(world, DB, MIGRATE)
    world.ends(MIGRATE)
    assert WEB not in world.engine.spawned


def test_a_start_takes_what_it_needs_along_as_far_as_that_rests_and_lacks(make: Make) -> None:
    world = make(*STACK)
    assert world.supervisor.order.to_start([WEB]) == [DB, MIGRATE, WEB]
    ask(world, StartAsked(), *world.supervisor.order.to_start([WEB]))
    forked(world, DB, MIGRATE)
    world.ends(MIGRATE)
    forked(world, WEB)
    ask(world, StopAsked(), WEB)
    world.ends(WEB)
    assert world.supervisor.order.to_start([WEB]) == [WEB], "what has completed is not done again"
    ask(world, StopAsked(), DB)
    world.ends(DB)
    assert world.supervisor.order.to_start([WEB]) == [DB, WEB]


def test_a_start_reaches_what_rests_behind_something_that_waits(make: Make) -> None:
    world = make(daemon("web", "api"), daemon("api", "db"), daemon("db", restart=Restart.NEVER))
    world.up()
    world.engine.forked(DB)
    world.ends(DB, code=1)
    assert world.supervisor.order.to_start([WEB]) == [DB, WEB]


def test_alone_it_is_started_whatever_it_needs_and_so_it_is_again(make: Make) -> None:
    world = make(*STACK)
    ask(world, StartAsked(alone=True), WEB)
    forked(world, WEB)
    assert (world.engine.spawned, world.states()["db/0"]) == ([WEB], State.STOPPED)
    world.ends(WEB, code=1)
    assert world.engine.spawned == [WEB, WEB]
    forked(world, WEB)
    ask(world, StopAsked(), WEB)
    world.ends(WEB)
    ask(world, StartAsked(), WEB)
    assert world.states()["web/0"] is State.WAITING


def test_a_restart_by_udaemon_waits_for_what_it_needs_too(make: Make) -> None:
    world = make(daemon("web", "db"), daemon("db"))
    world.up()
    forked(world, DB, WEB)
    ask(world, StopAsked(), DB)
    world.ends(DB)
    world.ends(WEB, code=1)
    assert (world.states()["web/0"], message(world, WEB)) == (State.WAITING, "waiting for db@ready: db is stopped")
    ask(world, StartAsked(), DB)
    forked(world, DB)
    assert (world.states()["web/0"], message(world, WEB)) == (State.STARTING, None)
    forked(world, WEB)
    assert world.fleet.instances[WEB].restarts == 1


def test_it_is_restarted_with_what_has_a_new_process_once_that_is_ready(make: Make) -> None:
    world = make(daemon("web", Dependency("db", restart=True)), daemon("other", "db"), daemon("db"))
    world.up()
    forked(world, DB, WEB, Key("other", 0))
    world.ends(DB, code=1)
    assert world.engine.signals == []
    forked(world, DB)
    assert world.engine.signals == [(WEB, "TERM")]
    world.ends(WEB)
    assert world.engine.spawned[-1] == WEB
    forked(world, WEB)
    assert world.engine.signals == [(WEB, "TERM")], "once"


def test_all_stop_in_reverse_order_each_when_those_that_need_it_have_gone(make: Make) -> None:
    world = make(*STACK, at_once=True)
    world.up()
    world.ends(MIGRATE)
    ask(world, StartAsked(), MIGRATE)
    world.supervisor.shut_down()
    assert world.engine.signals == [(WEB, "TERM")]
    assert {one.wanted for one in world.fleet.instances.values()} == {Wanted.DOWN}
    world.ends(WEB)
    assert world.engine.signals == [(WEB, "TERM"), (MIGRATE, "TERM")]
    world.ends(MIGRATE)
    assert world.engine.signals[-1] == (DB, "TERM")
    assert world.finished == 0
    world.ends(DB)
    assert world.finished == 1


def test_a_shut_down_of_a_chain_that_is_half_up_ends(make: Make) -> None:
    world = make(*STACK)
    world.up()
    forked(world, DB)
    world.supervisor.shut_down()
    assert world.states() == {"web/0": State.STOPPED, "migrate/0": State.STOPPED, "db/0": State.STOPPING}
    world.ends(DB)
    assert (set(world.states().values()), world.finished) == ({State.STOPPED}, 1)


def test_a_hurried_shut_down_asks_nobody_to_wait(make: Make) -> None:
    world = make(*STACK, at_once=True)
    world.up()
    world.supervisor.shut_down()
    world.supervisor.shut_down(hurry=True)
    assert set(world.engine.kills) >= {DB, MIGRATE}


def test_what_crashes_while_it_is_kept_for_others_is_not_started_again(make: Make) -> None:
    world = make(daemon("web", "db"), daemon("db"), at_once=True)
    world.up()
    world.supervisor.shut_down()
    world.ends(DB, code=1)
    assert (world.states()["db/0"], world.engine.spawned) == (State.STOPPED, [DB, WEB])
    world.ends(WEB)
    assert world.finished == 1


def test_a_time_out_is_for_all_levels_together(make: Make) -> None:
    clock = [1000.0]
    world = make(daemon("web", "db"), daemon("db"), at_once=True, clock=lambda: clock[0])
    world.up()
    world.supervisor.shut_down(timeout=5.0)
    assert world.fleet.instances[WEB].deadline == 1005.0
    clock[0] = 1003.0
    world.ends(WEB)
    assert world.fleet.instances[DB].deadline == 1005.0


def test_who_is_started_while_it_is_kept_for_others_stays(make: Make) -> None:
    world = make(daemon("web", "db"), daemon("db"), at_once=True)
    world.up()
    ask(world, StopAsked(), WEB, DB)
    ask(world, StartAsked(), DB)
    world.ends(WEB)
    assert (world.states()["db/0"], world.engine.signals) == (State.RUNNING, [(WEB, "TERM")])


def test_one_that_is_stopped_by_itself_stops_whoever_needs_it(make: Make) -> None:
    world = make(daemon("web", "db"), daemon("db"), at_once=True)
    world.up()
    ask(world, StopAsked(), DB)
    assert world.engine.signals == [(DB, "TERM")]
    assert world.supervisor.order.needed_by("db") == ["web"]


def test_an_edge_that_a_new_manifest_has_not_is_not_waited_for(make: Make) -> None:
    world = make(daemon("web", "db"), daemon("db"))
    world.up()
    assert world.states()["web/0"] is State.WAITING
    world.change(evolve(daemon("web")), daemon("db"))
    assert world.states()["web/0"] is State.STARTING


def test_what_a_new_manifest_takes_away_is_waited_for_in_vain(make: Make) -> None:
    world = make(daemon("web", "db"), daemon("db"))
    world.up()
    world.change(daemon("web", "db"))
    assert message(world, WEB) == "waiting for db@ready: there is no db"
