"""A replacement, step by step: each answer of the keeper, each one that does not come, each way to refuse."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from udaemon import __version__
from udaemon.errors import UdaemonError
from udaemon.service.rehearsal import SHOWN, versions
from udaemon.service.replacement import Replacement

Told = Mapping[str, Any] | UdaemonError
ABLE = json.dumps(versions() | {"version": "7.8.9"})


class FakeKeeper:
    """What a replacement says to it, in order."""

    def __init__(self) -> None:
        self.pid: int | None = 7
        self.said: list[tuple[str, ...]] = []
        self.on_answer: Callable[[str, str], None] = lambda _kind, _text: None

    def start_next(self, *names: str) -> None:
        self.said.append(("next", *names))

    def dismiss(self) -> None:
        self.said.append(("dismiss",))

    def renew(self) -> None:
        self.said.append(("renew",))


class World:
    """One replacement and all it sees of the world."""

    def __init__(self, *, keeper: bool = True) -> None:
        self.keeper = FakeKeeper()
        self.now = 1000.0
        self.settled = True
        self.leaving = False
        self.left: list[str] = []
        self.told: list[Told] = []
        self.one = Replacement(
            self.keeper if keeper else None,
            settled=lambda: self.settled,
            leaving=lambda: self.leaving,
            leave=self.left.append,
            clock=lambda: self.now,
        )

    def ask(self, *, dry_run: bool = False) -> None:
        self.one.ask(self.told.append, dry_run=dry_run)

    def pass_time(self) -> None:
        """To the deadline."""
        assert self.one.deadline is not None
        self.now = self.one.deadline
        self.one.expire(self.now)

    def refusal(self) -> str:
        (told,) = self.told
        assert isinstance(told, UdaemonError)
        assert told.hint == f"nothing has changed: udaemon {__version__} goes on"
        assert self.left == []
        assert self.one.deadline is None
        assert self.keeper.said[-1] == ("dismiss",)
        return told.message.removeprefix("the installed udaemon cannot take over: ")


def test_it_rehearses_then_renews_the_keeper_then_leaves() -> None:
    world = World()
    world.ask()
    world.keeper.on_answer("able", ABLE)
    assert (world.told, world.left) == ([], [])
    world.keeper.on_answer("renewed", "")
    assert (world.told, world.left) == ([], [])
    world.one.end_of_turn()
    assert world.told == [{"from": __version__, "to": json.loads(ABLE)}]
    assert world.left == [f"of udaemon {__version__} gave way to udaemon 7.8.9"]
    assert world.keeper.said == [("next", *SHOWN), ("renew",)]


def test_a_start_under_way_is_waited_for_but_not_for_long() -> None:
    world = World()
    world.settled = False
    world.ask()
    world.keeper.on_answer("able", ABLE)
    world.keeper.on_answer("renewed", "")
    world.one.end_of_turn()
    assert world.left == []
    world.pass_time()
    assert len(world.left) == 1


def test_a_dry_run_ends_with_the_rehearsal() -> None:
    world = World()
    world.ask(dry_run=True)
    world.keeper.on_answer("able", ABLE)
    assert world.told == [{"from": __version__, "to": json.loads(ABLE)}]
    world.one.end_of_turn()
    assert (world.left, world.one.deadline) == ([], None)
    assert world.keeper.said == [("next", *SHOWN), ("dismiss",)]


def test_one_that_cannot_take_over_is_told() -> None:
    world = World()
    world.ask()
    world.keeper.on_answer("unable", "SyntaxError: invalid syntax")
    assert world.refusal() == "SyntaxError: invalid syntax"


def test_one_that_does_not_answer_is_given_up() -> None:
    world = World()
    world.ask()
    world.pass_time()
    assert world.refusal() == "it does not answer"
    world.keeper.on_answer("able", ABLE)  # too late
    assert ("renew",) not in world.keeper.said


def test_a_keeper_that_does_not_come_back_is_told() -> None:
    world = World()
    world.ask()
    world.keeper.on_answer("able", ABLE)
    world.pass_time()
    assert world.refusal() == "the keeper does not come back"


def test_a_keeper_that_dies_of_it_is_told() -> None:
    world = World()
    world.ask()
    world.keeper.on_answer("able", ABLE)
    world.one.keeper_gone()
    assert world.refusal() == "the keeper has ended"


def test_one_that_dies_while_the_last_start_is_waited_for_is_told() -> None:
    world = World()
    world.settled = False
    world.ask()
    world.keeper.on_answer("able", ABLE)
    world.keeper.on_answer("renewed", "")
    world.keeper.on_answer("unable", "it was killed by signal 9")
    assert world.refusal() == "it was killed by signal 9"


def test_who_is_stopping_everything_does_not_leave_before_that() -> None:
    world = World()
    world.ask()
    world.keeper.on_answer("able", ABLE)
    world.leaving = True
    world.keeper.on_answer("renewed", "")
    world.one.end_of_turn()
    assert world.refusal() == "everything is being stopped"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda world: world.ask(), "another reexec is under way"),
        (lambda world: setattr(world, "leaving", True), "everything is being stopped"),
        (lambda world: setattr(world.keeper, "pid", None), "the keeper of this project was killed"),
    ],
)
def test_what_is_refused_at_once(change: Callable[[World], None], said: str) -> None:
    world = World()
    change(world)
    with pytest.raises(UdaemonError, match=said):
        world.ask()


def test_without_a_keeper_there_is_nobody_to_hand_over_to() -> None:
    with pytest.raises(UdaemonError, match="in the foreground"):
        World(keeper=False).ask()
