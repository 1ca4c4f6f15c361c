"""What a supervisor is asked and asks for: views, notices, the end; another manifest is in test_changeover.py."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.fakes.supervisor import SupervisorWorld

from udaemon.manifest.model import Daemon
from udaemon.policy.events import StartAsked
from udaemon.policy.instance import Key, State

A0, B0, IDLE = Key("a", 0), Key("b", 0), Key("idle", 0)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[SupervisorWorld]:
    world = SupervisorWorld(
        tmp_path,
        Daemon(name="a", command=("a",)),
        Daemon(name="b", factory="jobs:b"),
        Daemon(name="idle", command=("idle",), autostart=False),
    )
    world.up()
    yield world
    world.close()


def test_only_what_starts_by_itself_is_started(world: SupervisorWorld) -> None:
    assert world.engine.spawned == [A0, B0]
    assert world.states() == {"a/0": State.RUNNING, "b/0": State.STARTING, "idle/0": State.STOPPED}


def test_a_view_has_what_is_declared_and_what_is(world: SupervisorWorld) -> None:
    view = world.supervisor.view(A0)
    assert (view.daemon.name, view.instance.state, view.log) == ("a", State.RUNNING, f"{world.directory}/log/a.log")
    assert [one.key for one in world.supervisor.instances()] == [A0, B0, IDLE]
    assert (world.supervisor.has(A0), world.supervisor.has(Key("a", 1))) == (True, False)


def test_what_happens_is_published_in_its_order(world: SupervisorWorld) -> None:
    heard: list[str] = []
    unsubscribe = world.supervisor.subscribe(lambda notice: heard.append(f"{notice.key} {notice.event}"))
    world.ends(A0, code=1)
    assert heard[0] == "a/0 exited"
    unsubscribe()
    count = len(heard)
    world.supervisor.ask([IDLE], StartAsked())
    assert len(heard) == count


def test_a_good_run_is_told_to_those_who_wait_for_one(world: SupervisorWorld) -> None:
    heard: list[Key] = []
    stop = world.supervisor.follow_runs(heard.append)
    world.supervisor.good_run(B0)
    stop()
    world.supervisor.good_run(B0)
    assert heard == [B0]


def test_it_ends_when_all_have_stopped_and_starts_nothing_until_then(world: SupervisorWorld) -> None:
    world.supervisor.shut_down()
    assert (world.supervisor.leaving, world.finished) == (True, 0)
    world.supervisor.ask([IDLE], StartAsked())
    world.ends(A0, B0)
    assert (world.finished, IDLE in world.engine.spawned) == (1, False)
    assert set(world.states().values()) == {State.STOPPED}


def test_with_nothing_to_stop_it_ends_at_once(tmp_path: Path) -> None:
    world = SupervisorWorld(tmp_path, Daemon(name="idle", command=("idle",), autostart=False))
    world.up()
    world.supervisor.shut_down()
    world.supervisor.end_of_turn()
    assert world.finished == 1
    world.close()


def test_f6_a_bug_is_logged_and_the_daemons_are_kept(world: SupervisorWorld) -> None:
    try:
        raise ZeroDivisionError
    except ZeroDivisionError:
        world.supervisor.bug("a callback")
    assert any("ZeroDivisionError" in bug for bug in world.bugs())
    assert world.states()["a/0"] is State.RUNNING
