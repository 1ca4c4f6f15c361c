"""The supervisor's end of the runner of hooks, over a runner that a test plays: what it is given, what is dropped."""

from __future__ import annotations

from typing import Any, cast

import pytest
from tests.fakes.kernel import FakeReactor

from udaemon.engines.base import WritableReactor
from udaemon.engines.helper_process import AGAIN_AFTER, HelperProcess
from udaemon.engines.hooks.client import AT_ONCE, QUEUED_IN_ALL, HookLink
from udaemon.engines.hooks.job import Job
from udaemon.engines.hooks.queues import QUEUED
from udaemon.engines.verdict import Verdict

LONGEST = Job(0, "", timeout=5.0).longest


class FakeRunner:
    """Takes jobs; `fails` while there is no room for a process."""

    def __init__(self, link: HookLink) -> None:
        self.link = link
        self.is_there = self.fails = False
        self.given: list[tuple[int, str]] = []
        self.starts = 0
        self.ended = False
        self.answers_at_the_end = False

    @property
    def pid(self) -> int | None:
        return 7 if self.is_there else None

    def start(self) -> bool:
        self.starts += 1
        self.is_there = not self.fails
        return self.is_there

    def send(self, *words: Any) -> None:
        job = Job(*words)
        self.given.append((job.id, job.payload))

    def answer(self, *numbers: int, ok: bool = True, reason: str = "") -> None:
        for number in numbers:
            self.link._answered(Verdict(number, ok, reason))

    def give_up(self, how: str) -> None:
        self.is_there = False
        self.link._died(how)

    def drain(self, timeout: float) -> None:
        if self.answers_at_the_end:
            self.answer(*self.link._told)
        else:
            self.is_there = False  # it has died meanwhile

    def let_end(self, timeout: float) -> None:
        """It needs none."""

    def end(self) -> None:
        self.ended, self.is_there = True, False


class World:
    """`now` is moved by the test, `troubles` are what was told."""

    def __init__(self) -> None:
        self.now = 100.0
        self.troubles: list[str] = []
        self.link = HookLink(cast("WritableReactor", FakeReactor()), lambda: self.now, self.troubles.append)
        self.runner = FakeRunner(self.link)
        self.link._runner = cast("HelperProcess", self.runner)

    def tell(self, hook: str, *payloads: str) -> None:
        for payload in payloads:
            self.link.tell(hook, f"hook {hook}", lambda payload=payload: Job(0, payload, timeout=5.0))  # type: ignore[misc]

    def passes(self, seconds: float) -> None:
        self.now += seconds
        if self.link.deadline is not None and self.link.deadline <= self.now:
            self.link.expire(self.now)


@pytest.fixture
def world() -> World:
    return World()


def test_a_hook_is_told_one_event_at_a_time_and_others_meanwhile(world: World) -> None:
    assert (world.runner.starts, world.link.deadline, world.link.is_idle) == (0, None, True)
    world.tell("a", "a1", "a2")
    world.tell("b", "b1")
    assert (world.runner.starts, world.runner.given) == (1, [(1, "a1"), (2, "b1")])
    world.runner.answer(2)
    world.runner.answer(1)
    assert world.runner.given[2:] == [(3, "a2")]
    assert not world.link.is_idle
    world.runner.answer(3)
    assert (world.link.is_idle, world.link.deadline, world.troubles) == (True, None, [])


def test_no_more_are_under_way_than_may_be(world: World) -> None:
    for number in range(AT_ONCE + 2):
        world.tell(str(number), f"event {number}")
    assert len(world.runner.given) == AT_ONCE
    world.runner.answer(5)
    assert world.runner.given[AT_ONCE:] == [(AT_ONCE + 1, f"event {AT_ONCE}")]


def test_an_answer_to_nothing_is_none(world: World) -> None:
    world.tell("a", "a1")
    world.runner.answer(99, 1, 1)
    assert world.link.is_idle


def test_who_fails_is_told_at_times_and_that_it_works_again(world: World) -> None:
    world.tell("a", *"123456")
    for number in range(1, 6):
        world.runner.answer(number, ok=False, reason="no")
    assert len(world.troubles) == 3  # the 1st, 2nd and 4th time
    world.runner.answer(6)
    assert world.troubles[3:] == ["hook a: works again, after 5 events that could not be told"]


@pytest.mark.parametrize(
    ("hooks", "each", "kept"), [(1, QUEUED + 5, QUEUED + 1), (60, QUEUED, QUEUED_IN_ALL + AT_ONCE)]
)
def test_what_comes_faster_than_it_is_taken_is_dropped_and_counted(
    world: World, hooks: int, each: int, kept: int
) -> None:
    for hook in range(hooks):
        world.tell(str(hook), *map(str, range(each)))
    assert world.troubles == []
    while world.link._dropping:
        world.passes(1.0)
    dropped = sum(int(told.split(": ")[1].split(" ")[0]) for told in world.troubles)
    assert dropped == hooks * each - kept


def test_what_somebody_else_has_dropped_is_counted_with_it(world: World) -> None:
    world.link.dropped("a", "hook a", 3)
    world.passes(0.5)
    world.link.dropped("a", "hook a", 4)
    world.passes(0.6)
    assert world.troubles == []
    world.passes(0.4)
    assert world.troubles == ["hook a: 7 events were dropped, as they came faster than it takes them"]


def test_a_runner_that_dies_is_started_again_and_given_what_it_had(world: World) -> None:
    world.tell("a", "a1", "a2")
    world.runner.give_up("has died")
    assert world.troubles == ["the runner of hooks has died, and is started again"]
    assert world.link.deadline == world.now + AGAIN_AFTER
    world.passes(AGAIN_AFTER)
    assert world.runner.given == [(1, "a1"), (1, "a1")]
    world.runner.answer(1)
    assert world.runner.given[2:] == [(2, "a2")]


def test_an_event_over_which_runners_die_is_given_up_and_the_next_one_is_told(world: World) -> None:
    world.tell("a", "deadly", "a2")
    for _ in range(3):
        world.runner.give_up("has died")
        world.passes(AGAIN_AFTER)
    assert world.troubles[-1] == "hook a: an event could not be told: 3 runners have died over it"
    assert [payload for _, payload in world.runner.given] == ["deadly"] * 3 + ["a2"]


def test_where_nothing_is_left_to_tell_no_runner_is_started_again(world: World) -> None:
    world.tell("a", "deadly")
    for _ in range(3):
        world.runner.give_up("has died")
        world.passes(AGAIN_AFTER)
    assert (world.runner.starts, world.link.is_idle, world.link.deadline) == (3, True, None)


def test_a_runner_that_answers_no_more_is_given_up(world: World) -> None:
    world.tell("a", "a1")
    assert world.link.deadline == world.now + LONGEST
    world.passes(LONGEST)
    assert world.troubles == ["the runner of hooks answers no more, and is started again"]


def test_where_there_is_no_room_for_a_runner_it_is_tried_again_as_long_as_there_is_anything_to_tell(
    world: World,
) -> None:
    world.runner.fails = True
    world.tell("a", "a1", "a2")
    assert (world.runner.starts, world.link.deadline) == (1, world.now + AGAIN_AFTER)
    world.passes(AGAIN_AFTER)
    assert world.runner.starts == 2
    world.runner.fails = False
    world.passes(AGAIN_AFTER)
    assert world.runner.given == [(1, "a1")]


@pytest.mark.parametrize(
    ("answers", "troubles"), [(True, []), (False, ["3 events were not told by hooks, as their supervisor ends"])]
)
def test_at_the_end_what_is_left_has_a_moment(world: World, *, answers: bool, troubles: list[str]) -> None:
    world.tell("a", "a1", "a2", "a3")
    world.runner.answers_at_the_end = answers
    world.link.close()
    assert (world.troubles, world.runner.ended, world.link.deadline, world.link.is_idle) == (troubles, True, None, True)
