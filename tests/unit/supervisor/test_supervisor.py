"""The supervisor goes by another manifest while it runs: what stays, what comes, what goes, and what goes with it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import evolve
from tests.fakes.supervisor import SupervisorWorld

from udaemon.manifest.model import Daemon
from udaemon.policy.events import DeadlineReached, StartAsked
from udaemon.policy.instance import Key, State

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


def test_what_is_added_is_there_at_rest_with_a_slot_and_can_be_started(world: SupervisorWorld) -> None:
    world.change(A, C, B)
    assert list(world.states()) == ["a/0", "c/0", "b/0", "b/1"], "in the order of the new manifest"
    assert world.states()["c/0"] is State.STOPPED
    assert world.scoreboard.find("c/0") == world.slots[C0] == 3
    world.supervisor.ask([C0], StartAsked())
    world.supervisor.end_of_turn()
    assert world.states()["c/0"] is State.RUNNING
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
    with pytest.raises(OSError, match="Too many open files"):
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


def test_fewer_instances_take_the_last_ones_away(world: SupervisorWorld) -> None:
    world.change(A, evolve(B, instances=1))
    assert world.engine.signals == [(B1, "TERM")]
    world.ends(B1)
    assert list(world.states()) == ["a/0", "b/0"]
    assert sorted(os.listdir(world.directory)) == ["a.pid", "b-0.pid", "scoreboard"]
    world.ends(B0)
    assert "b-0.pid" not in os.listdir(world.directory), "removed under the name it was written by"


def test_who_is_declared_again_before_it_has_gone_stays(world: SupervisorWorld) -> None:
    world.change(B)
    world.change(A, B)
    world.ends(A0)
    assert (world.states()["a/0"], world.engine.forgotten) == (State.STOPPED, [])


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
    with pytest.raises(FileNotFoundError):
        world.change(C)
    away.rename(world.directory)
    assert (world.supervisor.manifest, list(world.states())) == (world.manifest, ["a/0", "b/0", "b/1"])
    assert world.engine.signals == []


def test_a_common_log_that_is_new_is_opened(world: SupervisorWorld) -> None:
    path = str(world.directory / "own.log")
    world.change(A, B, evolve(C, log_dir=str(world.directory), common_log=path))
    assert path in world.supervisor.common_logs()


def test_everything_can_still_be_shut_down(world: SupervisorWorld) -> None:
    world.change(B, C)
    world.supervisor.shut_down()
    world.ends(A0, B0, B1)
    assert set(world.states().values()) == {State.STOPPED}
    assert world.finished == 1
