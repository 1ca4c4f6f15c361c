"""The supervisor goes by another manifest while it runs: what stays, what comes, what goes, and what goes with it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from tests.fakes.supervisor import SupervisorWorld

from udaemon.errors import ExitCode, UdaemonError
from udaemon.manifest.model import Daemon, Log, LogFormat, StartLimit, Stop
from udaemon.manifest.steps import StepCommand
from udaemon.policy.events import DeadlineReached, StartAsked, StopAsked
from udaemon.policy.instance import Key, State, Wanted

A = Daemon(name="a", command=("a",))
B = Daemon(name="b", factory="jobs:b", instances=2)
C = Daemon(name="c", command=("c",))
A0, B0, B1, C0 = Key("a", 0), Key("b", 0), Key("b", 1), Key("c", 0)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[SupervisorWorld]:
    world = SupervisorWorld(tmp_path, A, B)
    world.up()
    for key in (B0, B1):
        world.engine.ready(key)
    yield world
    assert world.bugs() == []
    world.close()


def test_what_is_declared_as_before_is_left_alone(world: SupervisorWorld) -> None:
    before = {key: instance.pid for key, instance in world.fleet.instances.items()}
    world.change(A, B)
    assert {key: instance.pid for key, instance in world.fleet.instances.items()} == before
    assert (world.engine.spawned, world.engine.signals) == ([A0, B0, B1], [])


def test_a_live_key_reaches_the_engine_and_no_process(world: SupervisorWorld) -> None:
    world.change(A, evolve(B, sleep=7.0))
    assert [(key, daemon.sleep) for key, daemon in world.engine.reconfigured if key.name == "b"] == [
        (B0, 7.0),
        (B1, 7.0),
    ]
    assert world.engine.signals == []
    assert world.supervisor.view(B0).daemon.sleep == 7.0


def test_a_live_key_that_changes_while_a_start_is_on_its_way_reaches_the_process(tmp_path: Path) -> None:
    world = SupervisorWorld(tmp_path, A, B, at_once=False)
    world.up()
    world.change(A, evolve(B, sleep=7.0))
    assert world.engine.reconfigured == []
    for key in (A0, B0, B1):
        world.engine.forked(key)
    assert [(key, daemon.sleep) for key, daemon in world.engine.reconfigured] == [(B0, 7.0), (B1, 7.0)]
    world.close()


def test_how_a_log_is_kept_reaches_the_logger(world: SupervisorWorld) -> None:
    world.change(A, evolve(B, log=Log(backups=9, format=LogFormat.JSON)))
    told = [(target, pid) for _, target, pid in world.logs.changed if target.name == "b"]
    assert [(target.path, target.instance, target.backups, target.format) for target, _ in told] == [
        (str(world.directory / "log" / "b.log"), 0, 9, "json"),
        (str(world.directory / "log" / "b.log"), 1, 9, "json"),
    ]
    assert [pid for _, pid in told] == [world.fleet.instances[key].pid for key in (B0, B1)]


def test_a_log_elsewhere_is_the_next_process_own(world: SupervisorWorld) -> None:
    elsewhere = evolve(B, log_dir=str(world.directory / "other"), common_log=str(world.directory / "log/_common.log"))
    world.change(A, elsewhere)
    told = {target.path for _, target, _ in world.logs.changed if target.name == "b"}
    assert told == {str(world.directory / "log" / "b.log")}
    world.ends(B0)
    assert world.logs.targets[-1].path == str(world.directory / "other" / "b.log")


def test_what_needs_a_new_process_gets_one_with_the_new_declaration(world: SupervisorWorld) -> None:
    world.change(evolve(A, command=("a", "--new")), B)
    assert (world.engine.signals, world.states()["a/0"]) == ([(A0, "TERM")], State.STOPPING)
    world.ends(A0)
    assert world.engine.spawned[-1] == A0
    assert world.states()["a/0"] is State.RUNNING
    assert world.fleet.instances[A0].daemon.command == ("a", "--new")


def test_a_task_is_replaced_after_its_run_or_at_once(world: SupervisorWorld) -> None:
    world.change(A, evolve(B, umask=0o077))
    assert (world.states()["b/0"], world.fleet.instances[B0].deadline) == (State.RUNNING, None)
    world.change(A, evolve(B, umask=0o077, env={"X": "1"}), at_once=True)
    assert (world.states()["b/0"], world.fleet.instances[B0].deadline is None) == (State.STOPPING, False)
    assert world.engine.signals == [(B0, "TERM"), (B1, "TERM")]


def test_what_is_added_starts_with_a_slot_of_its_own(world: SupervisorWorld) -> None:
    world.change(A, C, B)
    assert list(world.states()) == ["a/0", "c/0", "b/0", "b/1"], "in the order of the new manifest"
    assert world.states()["c/0"] is State.RUNNING
    assert world.scoreboard.find("c/0") == world.slots[C0] == 3
    assert world.supervisor.view(C0).log == str(world.directory / "log" / "c.log")


def test_what_is_declared_no_more_is_stopped_and_then_gone_with_all_that_was_its_own(world: SupervisorWorld) -> None:
    world.change(B)
    assert world.states()["a/0"] is State.STOPPING, "it is there as long as it lives"
    assert list(world.fleet.instances)[-1] == A0
    world.ends(A0)
    assert list(world.states()) == ["b/0", "b/1"]
    assert world.engine.forgotten == [A0]
    assert world.scoreboard.find("a/0") is None
    assert not (world.directory / "a.pid").exists()
    with pytest.raises(KeyError):
        world.slots[A0]


def test_a_common_log_that_cannot_be_opened_refuses_the_manifest_whole(world: SupervisorWorld) -> None:
    world.logs.errors["new.log"] = OSError(24, "Too many open files")
    before = (world.supervisor.manifest, dict(world.fleet.instances))
    with pytest.raises(UdaemonError, match="Too many open files"):
        world.change(evolve(B, common_log="/log/new.log", log_dir="/log"), C)
    world.supervisor.end_of_turn()
    assert (world.supervisor.manifest, dict(world.fleet.instances)) == before


def test_several_that_go_together_go_in_the_order_of_the_manifest(world: SupervisorWorld) -> None:
    world.change(C)
    world.ends(A0, B0, B1)
    assert world.engine.forgotten == [A0, B0, B1]


def test_its_slot_is_used_again(world: SupervisorWorld) -> None:
    was = world.slots[A0]
    world.change(B)
    world.ends(A0)
    world.change(B, C)
    assert (world.slots[C0], world.scoreboard.slots) == (was, 3)


@pytest.mark.parametrize("autostart", [True, False])
def test_what_does_not_start_by_itself_is_there_at_rest(world: SupervisorWorld, autostart: bool) -> None:
    world.change(A, B, evolve(C, autostart=autostart), evolve(C, name="off", enabled=False))
    assert world.states()["c/0"] is (State.RUNNING if autostart else State.STOPPED)
    assert world.states()["off/0"] is State.DISABLED


def test_fewer_instances_take_the_last_ones_away(world: SupervisorWorld) -> None:
    world.change(A, evolve(B, instances=1))
    assert world.engine.signals == [(B1, "TERM")]
    world.ends(B1)
    assert list(world.states()) == ["a/0", "b/0"]
    assert sorted(os.listdir(world.directory)) == ["a.pid", "b.pid", "scoreboard"], "as of the only copy"
    world.ends(B0, code=1)
    world.change(A, B)
    assert sorted(os.listdir(world.directory)) == ["a.pid", "b-0.pid", "b-1.pid", "scoreboard"]


@pytest.mark.parametrize("wanted", [True, False])
def test_more_instances_start_where_the_others_are_wanted(world: SupervisorWorld, wanted: bool) -> None:
    """Whether it starts by itself says nothing about one that an operator has started or stopped since."""
    world.change(A, B, evolve(C, autostart=False))
    if wanted:
        world.supervisor.ask([C0], StartAsked())
    world.change(A, B, evolve(C, autostart=not wanted, instances=2))
    assert world.states()["c/1"] is (State.RUNNING if wanted else State.STOPPED)


def test_a_removed_task_may_end_its_run_and_a_command_has_the_time_of_a_stop(world: SupervisorWorld) -> None:
    world.change(C)
    a, b = world.fleet.instances[A0], world.fleet.instances[B0]
    assert (a.state, a.deadline is None) == (State.STOPPING, False)
    assert (b.state, b.wanted, b.deadline) == (State.RUNNING, Wanted.DOWN, None)
    world.ends(A0, B0, B1)
    assert list(world.states()) == ["c/0"]


def test_at_once_a_removed_task_has_no_more_than_that_either(world: SupervisorWorld) -> None:
    world.change(C)
    world.change(A, at_once=True)
    b = world.fleet.instances[B0]
    assert (b.state, b.deadline is None) == (State.STOPPING, False)
    assert world.engine.signals.count((B0, "TERM")) == 1, "a second one is for haste"


@pytest.mark.parametrize("key", [A0, B0])
def test_who_is_declared_again_before_it_has_gone_is_started_again(world: SupervisorWorld, key: Key) -> None:
    world.change(*({"a": A, "b": B, "c": C}[name] for name in "abc" if name != key.name))
    world.change(A, B, C)
    world.ends(key)
    assert world.engine.spawned[-1] == key
    assert world.fleet.instances[key].wanted is Wanted.UP
    assert world.engine.forgotten == []


def test_one_that_gave_up_is_given_another_try_by_any_edit_of_it(world: SupervisorWorld) -> None:
    gives_up = evolve(C, start_limit=StartLimit(count=0))
    world.change(A, B, gives_up)
    world.ends(C0, code=1)
    assert world.states()["c/0"] is State.FAILED
    world.change(A, evolve(B, sleep=3.0), gives_up)
    assert world.states()["c/0"] is State.FAILED, "nothing was edited of it"
    world.change(A, B, evolve(gives_up, success_exit_codes=(0, 1)))
    assert world.states()["c/0"] is State.RUNNING


@pytest.mark.parametrize(
    ("edit", "state"), [({"sleep": 3.0}, State.EXITED), ({"command": ("c", "--new")}, State.RUNNING)]
)
def test_one_that_has_done_its_work_runs_again_where_it_would_be_another(
    world: SupervisorWorld, edit: dict[str, Any], state: State
) -> None:
    world.change(A, B, C)
    world.ends(C0)
    assert world.states()["c/0"] is State.EXITED
    world.change(A, B, evolve(C, **edit))
    assert world.states()["c/0"] is state


@pytest.mark.parametrize("cure", [{"command": ("a", "--cured")}, {"before_start": (StepCommand(("true",)),)}])
def test_one_that_waits_for_its_next_try_has_it_at_once_where_it_would_be_another(
    world: SupervisorWorld, cure: dict[str, Any]
) -> None:
    world.ends(A0, code=1)
    world.ends(A0, code=1)
    assert world.states()["a/0"] is State.BACKOFF
    world.change(evolve(A, stop=Stop(timeout=1.0)), B)
    assert world.states()["a/0"] is State.BACKOFF
    world.change(evolve(A, **cure), B)
    assert world.fleet.instances[A0].state in (State.STARTING, State.RUNNING)
    assert world.fleet.instances[A0].crashes == 0


def test_one_that_the_operator_stopped_stays_down_whatever_is_edited(world: SupervisorWorld) -> None:
    world.supervisor.ask([A0], StopAsked())
    world.ends(A0)
    world.change(evolve(A, command=("a", "--new")), B)
    assert world.states()["a/0"] is State.STOPPED


def test_one_that_is_enabled_starts_where_it_starts_by_itself(world: SupervisorWorld) -> None:
    world.change(evolve(A, enabled=False), B)
    world.ends(A0)
    assert world.states()["a/0"] is State.DISABLED
    world.change(A, B)
    assert world.states()["a/0"] is State.RUNNING


def test_what_cannot_be_killed_is_kept_until_the_kernel_lets_go(world: SupervisorWorld) -> None:
    world.change(B)
    for _ in range(2):
        deadline = world.fleet.instances[A0].deadline
        assert deadline is not None
        world.fleet.step(A0, DeadlineReached(), deadline)
    world.supervisor.end_of_turn()
    assert world.fleet.instances[A0].unkillable != ()
    world.ends(A0)
    assert (list(world.states()), world.engine.forgotten) == (["b/0", "b/1"], [A0])


def test_where_there_is_no_room_for_more_nothing_has_changed(world: SupervisorWorld) -> None:
    away = world.directory.with_name("away")
    world.directory.rename(away)  # no file can be made that leads to a further region
    with pytest.raises(UdaemonError, match=r"there is no room for what is added: .*ENOENT"):
        world.change(C)
    away.rename(world.directory)
    assert (world.supervisor.manifest, list(world.states())) == (world.manifest, ["a/0", "b/0", "b/1"])
    assert world.engine.signals == []


def test_a_common_log_that_is_new_is_opened(world: SupervisorWorld) -> None:
    path = str(world.directory / "own.log")
    world.change(A, B, evolve(C, log_dir=str(world.directory), common_log=path))
    assert path in world.supervisor.common_logs()


def test_a_common_log_that_nobody_uses_any_more_is_closed_once_the_last_has_gone(world: SupervisorWorld) -> None:
    path = str(world.directory / "own.log")
    world.change(A, B, evolve(C, log_dir=str(world.directory), common_log=path))
    world.change(A, B)
    assert path in world.supervisor.common_logs(), "its end is an event of it"
    world.ends(C0)
    assert path not in world.supervisor.common_logs()


def test_what_names_everything_else_cannot_change(world: SupervisorWorld) -> None:
    before = world.supervisor.manifest
    with pytest.raises(UdaemonError, match="project and context cannot change while the project runs") as raised:
        world.supervisor.change(evolve(before, project="other", context="staging"))
    assert raised.value.exit_code is ExitCode.USAGE
    assert world.supervisor.manifest is before


def test_nothing_is_changed_any_more_while_all_is_being_stopped(world: SupervisorWorld) -> None:
    world.supervisor.shut_down()
    with pytest.raises(UdaemonError, match="p is being stopped"):
        world.change(A, B, C)
    assert C0 not in world.fleet.instances


def test_a_change_and_who_has_gone_are_published(world: SupervisorWorld) -> None:
    world.change(A, B)
    world.change(evolve(B, sleep=3.0), C)
    world.ends(A0)
    told = [(notice.key, notice.event, notice.message) for notice in world.said]
    assert (None, "applied", "1 added, 1 removed, 1 changed") in told
    assert told[-1] == (A0, "removed", "is declared no more")
    assert [event for _, event, _ in told].count("applied") == 1, "nothing differed the first time"


def test_everything_can_still_be_shut_down(world: SupervisorWorld) -> None:
    world.change(B, C)
    world.supervisor.shut_down()
    world.ends(A0, B0, B1, C0)
    assert set(world.states().values()) == {State.STOPPED}
    assert world.finished == 1
