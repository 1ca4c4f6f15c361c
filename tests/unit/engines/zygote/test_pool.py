"""The pool of zygotes: one for each recipe, made on demand, ended when no instance needs it any more."""

from __future__ import annotations

from typing import Any, cast

import pytest
from attrs import evolve
from tests.fakes.zygote import FakeParent, FakePopen, FakeStarter, Zygotes

from udaemon.child.lifeline import Lifeline
from udaemon.engines.zygote.pool import ZygotePool
from udaemon.engines.zygote.protocol import Timeouts
from udaemon.engines.zygote.recipe import Recipe
from udaemon.engines.zygote.sharing import Root
from udaemon.engines.zygote.start import Starter
from udaemon.policy.instance import Key

A, B = Key("a", 0), Key("b", 0)
FIRST = Recipe(frozenset(), "/m", (Root(("jobs",), ()),), 9)
READY = {"ready": True, "failed": {}}
SECOND = Recipe(frozenset({("X", "1")}), "/m", (Root(("more",), ()),), 9)


class World:
    def __init__(self) -> None:
        self.zygotes = Zygotes()
        self.parent = FakeParent()
        self.starter = FakeStarter()
        self.pool = ZygotePool(
            self.zygotes.connect,
            self.parent,
            Timeouts(),
            starter=cast("Starter", self.starter),
            lifeline=Lifeline(8),
            output=2,
        )

    def started(self, key: Key, recipe: Recipe) -> Any:
        """Start an instance, and let its zygote, if it is new, come up and fork."""
        popen, before = FakePopen(str(key), self.parent, root=0), len(self.zygotes.all)
        self.pool.claim(key, recipe).add([popen])
        if len(self.zygotes.all) > before:
            self.zygotes.last.says(READY)
        self.zygotes.last.says({"forked": [[0, 11]]})
        return popen


@pytest.fixture
def world() -> World:
    return World()


def test_no_zygote_is_there_before_one_is_asked_for(world: World) -> None:
    world.pool.claim(A, FIRST)
    assert (world.zygotes.all, list(world.pool.pids), world.pool.deadline) == ([], [], None)


def test_those_of_one_recipe_share_a_zygote(world: World) -> None:
    world.started(A, FIRST)
    world.started(B, evolve(FIRST))
    assert len(world.zygotes.all) == 1
    assert world.zygotes.last.asked == [["a/0"], ["b/0"]]


def test_each_recipe_has_its_own_made_as_it_says(world: World) -> None:
    world.started(A, FIRST)
    world.started(B, SECOND)
    first, second = (zygote.plan for zygote in world.zygotes.all)
    assert (first.setup.roots, second.setup.roots) == (FIRST.roots, SECOND.roots)
    assert (first.common, first.output, first.setup.cwd) == ((8, 9), 2, "/m")
    assert "X" not in first.setup.env
    assert second.setup.env["X"] == "1"


def test_a_zygote_that_nobody_needs_is_ended_and_seen_to_its_end(world: World) -> None:
    world.started(A, FIRST)
    zygote = world.zygotes.last
    world.pool.release(A)
    assert zygote.killed
    assert list(world.pool.pids) == [zygote.pid], "it is no orphan until it was reaped"
    zygote.ends(signal=9)
    assert list(world.pool.pids) == []


def test_one_that_another_instance_needs_stays(world: World) -> None:
    world.started(A, FIRST)
    world.started(B, FIRST)
    world.pool.release(A)
    assert not world.zygotes.last.killed
    world.pool.release(B)
    assert world.zygotes.last.killed


def test_who_is_declared_otherwise_moves_to_another_and_leaves_the_old_one(world: World) -> None:
    world.started(A, FIRST)
    old = world.zygotes.last
    world.pool.preload(SECOND)
    world.pool.claim(A, SECOND)
    assert (old.killed, len(world.zygotes.all)) == (True, 2)
    assert world.zygotes.last.plan.setup.roots == SECOND.roots


def test_one_with_something_to_do_is_not_ended_under_it(world: World) -> None:
    world.started(A, FIRST)
    old, popen = world.zygotes.last, FakePopen("b/0", world.parent, root=0)
    world.pool.claim(B, FIRST).add([popen])
    world.pool.release(A)
    world.pool.release(B)
    assert not old.killed
    old.says({"forked": [[0, 11]]})
    world.pool.claim(A, SECOND)
    world.pool.release(A)
    assert old.killed


def test_an_instance_that_needs_none_is_released_without_effect(world: World) -> None:
    world.started(A, FIRST)
    world.pool.release(B)
    assert not world.zygotes.last.killed


def test_what_a_zygote_passes_on_is_forked_by_a_bare_one(world: World) -> None:
    popen = FakePopen("a/0", world.parent, root=0)
    world.pool.claim(A, FIRST).add([popen])
    world.zygotes.last.says({"reading": True})
    world.zygotes.last.says({"bare": [0]})
    bare = world.zygotes.last
    assert len(world.zygotes.all) == 2
    assert (bare.plan.setup.roots, popen.root) == ((), None)
    bare.says(READY)
    assert bare.asked == [["a/0"]]
    world.pool.release(A)
    world.zygotes.all[0].says(READY)
    bare.says({"forked": [[0, 11]]})
    world.pool.claim(B, SECOND)
    world.pool.release(B)
    assert (world.zygotes.all[0].killed, bare.killed) == (True, True)


def test_what_a_zygote_has_said_is_told_by_recipe_and_root(world: World) -> None:
    assert world.pool.told_of(FIRST, FIRST.roots[0]) is None
    world.pool.preload(FIRST)
    answer = {"root": 0, "shared": 2, "unshared": 0, "own": []}
    world.zygotes.last.says(answer)
    assert world.pool.told_of(FIRST, FIRST.roots[0]) == answer | {"loaded": False, "left_out": {}}
    assert world.pool.told_of(FIRST, SECOND.roots[0]) is None
    assert world.pool.told_of(SECOND, SECOND.roots[0]) is None


def test_a_start_is_cancelled_in_whichever_zygote_it_waits(world: World) -> None:
    popen, other = FakePopen("a/0", world.parent, root=0), FakePopen("b/0", world.parent, root=0)
    world.pool.claim(B, SECOND).add([other])
    world.pool.claim(A, FIRST).add([popen])
    assert (world.pool.cancel(popen), world.pool.cancel(popen)) == (True, False)


def test_at_the_end_all_are_ended_and_waited_for(world: World) -> None:
    world.started(A, FIRST)
    world.pool.release(A)
    world.started(B, SECOND)
    world.pool.close()
    assert [zygote.waited_for for zygote in world.zygotes.all] == [True, True]
    assert world.starter.closed
