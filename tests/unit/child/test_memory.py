"""The memory limit: when it is exceeded, what the loop makes of it, and the pause that is kept."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.loop_world import World

from udaemon.child.loop import Outcome
from udaemon.child.memory import MemoryLimit, rss
from udaemon.child.schedule import Due, resumed

PAGE = os.sysconf("SC_PAGE_SIZE")
MIB = 1024**2


class Full:
    """A limit that says from the n-th look on that it is exceeded."""

    def __init__(self, at: int) -> None:
        self.looks_left = at

    def exceeded(self) -> str | None:
        self.looks_left -= 1
        return "too much" if self.looks_left <= 0 else None


@pytest.mark.parametrize(
    ("used", "limit", "threshold", "said"),
    [
        (70 * MIB, 100 * MIB, 70, None),
        (70 * MIB + PAGE, 100 * MIB, 70, "70.0M resident is more than 70 % of the memory-limit of 100.0M"),
        (40 * MIB, 64 * MIB, 40.5, "40.0M resident is more than 40.5 % of the memory-limit of 64.0M"),
        (1 * MIB, 2**40, 0, "1.0M resident is more than 0 % of the memory-limit of 1048576.0M"),
    ],
)
def test_resident_memory_is_held_against_the_share_of_the_limit(
    tmp_path: Path, used: int, limit: int, threshold: float, said: str | None
) -> None:
    statm = tmp_path / "statm"
    statm.write_text(f"999999 {used // PAGE} 100 1 0 200 0\n")

    assert MemoryLimit(limit, threshold, str(statm)).exceeded() == said


@pytest.mark.parametrize("text", ["", "1", "a b c", None])
def test_where_the_system_does_not_say_nobody_leaves(tmp_path: Path, text: str | None) -> None:
    statm = tmp_path / "statm"
    if text is not None:
        statm.write_text(text)

    assert MemoryLimit(1, 0, str(statm)).exceeded() is None


def test_this_very_process_is_measured() -> None:
    assert MemoryLimit(1, 70).exceeded() is not None
    assert (rss(os.getpid()) or 0) > MIB
    assert rss(2**22 + 1) is None


def test_it_is_looked_at_after_each_run_and_before_the_pause() -> None:
    world = World(sleep=0.2, runs=9)
    world.limit = Full(at=3)

    assert world.play() == Outcome("memory", message="too much")
    assert len(world.starts) == 3
    assert world.said == ["waits"] * 2
    assert [(e.kind, e.stopping) for e in world.events] == [("task_done", False)] * 3


def test_a_stop_goes_before_a_full_memory() -> None:
    world = World(sleep=0.2, runs=9)
    world.limit = Full(at=1)
    world.in_run[1] = lambda: world.signals.on_stop(15)

    assert world.play() == Outcome("stopped")


def test_the_process_that_comes_after_keeps_the_pause_and_the_grid() -> None:
    world = World(sleep=0.2, runs=3)
    world.limit = Full(at=1)
    world.play()
    world.limit = None
    world.writer.taken_over().attach(78)

    world.play()

    assert world.gaps() == pytest.approx([0.2, 0.2])


def test_a_pause_is_left_to_one_process_only() -> None:
    world = World(sleep=3600, runs=9)
    world.limit = Full(at=1)
    world.play()
    assert world.writer.take_resume() > world.now
    world.writer.taken_over().attach(78)
    world.limit = Full(at=1)
    before = world.now

    world.play()

    assert world.starts[1] == before


@given(st.floats(allow_nan=True, allow_infinity=True), st.floats(0, 1e9), st.floats(0, 1e6))
def test_whatever_the_scoreboard_says_no_pause_is_longer_than_the_manifests(
    due: float, now: float, longest: float
) -> None:
    at = resumed(due, now, longest)

    assert at == Due(at.at, at.at)
    assert now <= at.at <= now + longest
