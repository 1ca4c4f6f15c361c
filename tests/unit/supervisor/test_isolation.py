"""faults.md F6: whatever one daemon brings out, an exception in its handling is its own: the others go on."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.fakes.supervisor import SupervisorWorld

from udaemon.manifest.model import Daemon
from udaemon.policy.events import StartAsked
from udaemon.policy.instance import Key, State

BAD, GOOD = Key("bad", 0), Key("good", 0)

Make = Callable[..., SupervisorWorld]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Make]:
    made: list[SupervisorWorld] = []

    def make(error: Exception | None = None) -> SupervisorWorld:
        world = SupervisorWorld(tmp_path, *(Daemon(name=name, command=("true",)) for name in ("bad", "good")))
        world.engine.unsignalled = frozenset({BAD})
        if error is not None:
            world.logs.errors["bad.log"] = error
        made.append(world)
        return world

    yield make
    for one in made:
        one.close()


@pytest.mark.parametrize("error", [MemoryError(), ValueError("no"), OverflowError("too large")], ids=repr)
def test_a_start_that_raises_is_tried_again_and_the_others_start(world: Make, error: Exception) -> None:
    made = world(error)
    before = len(os.listdir("/proc/self/fd"))
    made.supervisor.autostart()
    made.supervisor.end_of_turn()

    assert made.engine.spawned == [GOOD]
    assert made.states() == {"bad/0": State.BACKOFF, "good/0": State.RUNNING}
    assert type(error).__name__ in made.bugs()[0]
    assert len(os.listdir("/proc/self/fd")) == before + 1, "the good one's log pipe, and nothing of the bad one's"

    made.logs.errors.clear()
    made.supervisor.ask([BAD], StartAsked())
    made.supervisor.end_of_turn()
    assert made.states() == {"bad/0": State.RUNNING, "good/0": State.RUNNING}


def test_an_effect_that_raises_costs_neither_the_next_effect_nor_another_daemon(
    world: Make,
) -> None:
    made = world()
    made.supervisor.autostart()
    made.supervisor.end_of_turn()
    made.supervisor.shut_down()

    assert made.engine.signals == [(GOOD, "TERM")]
    assert "MemoryError" in made.bugs()[0]
    assert ("bad", "stopping") in {(one.key.name, one.event) for one in made.said if one.key is not None}


def test_what_the_traceback_belongs_to_is_named(world: Make) -> None:
    made = world(ValueError("no such thing"))
    made.supervisor.autostart()
    made.supervisor.end_of_turn()
    assert [text.startswith("in bad/0: Traceback") for text in made.bugs()] == [True]
    assert made.fleet.instances[BAD].message is not None
