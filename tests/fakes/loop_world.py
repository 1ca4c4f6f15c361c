"""A world for the child's loop in which time moves only by its runs and pauses.

Knows no real clock and no signal: a test says what happens in which run or pause.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from udaemon.child.back_to_back import back_to_back
from udaemon.child.loop import Asks, Limit, Outcome, Steps, run_steps
from udaemon.child.pace import MEMORY_LIMIT, MIN_SLEEP, SLEEP, WRITTEN, PaceChanges
from udaemon.child.recorder import Recorder
from udaemon.child.report import Reporter
from udaemon.child.scoreboard import SlotWriter, reading
from udaemon.child.signals import Signals
from udaemon.child.slot_reading import SlotReading
from udaemon.child.task import StopTask, TaskEvent


class World:
    """A clock that only runs and pauses move, a task that does as told, and ears for every event."""

    def __init__(self, *, sleep: float = 0.0, min_sleep: float = 0.0, takes: float = 0.05, runs: int = 3) -> None:
        self.now = 1000.0
        self.starts: list[float] = []
        self.events: list[TaskEvent] = []
        self.said: list[str] = []
        self.signals = Signals(hurry=lambda: self.said.append("killed"))
        self.writer = SlotWriter.anonymous()
        self.writer.taken_over().attach(77)
        hear = (self.events.append,)
        kinds = ("start", "task_done", "task_failed")
        self.recorder = Recorder("mailer", 0, self.writer, Reporter(None), dict.fromkeys(kinds, hear))
        self.takes = takes
        self.runs = runs
        self.sleep = sleep
        self.min_sleep = min_sleep
        self.in_pause: dict[int, Callable[[], Any]] = {}
        self.in_run: dict[int, Callable[[], Any]] = {}
        self.limit: Limit | None = None
        self.asks: Asks | None = None
        self.changes = PaceChanges(self.writer)
        self.signals.pace_changed = self.changes.pending

    def clock(self) -> float:
        return self.now

    def run(self) -> None:
        self.starts.append(self.now)
        number = len(self.starts)
        self.now += self.takes
        self.in_run.pop(number, lambda: None)()
        if number == self.runs:
            raise StopTask

    def wait(self, due: float) -> None:
        self.said.append("waits")
        act = self.in_pause.pop(len(self.starts), None)
        if act is None:
            self.now = due
        else:
            self.now += (due - self.now) / 2
            act()

    def play(self, *, once: bool = False) -> Outcome:
        steps = Steps(
            self.run,
            sleep=self.sleep,
            min_sleep=self.min_sleep,
            flags=self.signals,
            recorder=self.recorder,
            clock=self.clock,
            once=once,
            limit=self.limit,
            changes=self.changes,
            asks=self.asks,
        )
        return run_steps(steps, self.wait)

    def goes_by(self, sleep: float, min_sleep: float = 0.0, *, limit: int | None = None) -> None:
        """Write another pace into the slot, as the supervisor does, and have the loop look there."""
        words = self.writer.words
        words[SLEEP], words[MIN_SLEEP], words[MEMORY_LIMIT] = sleep, min_sleep, float(limit or 0)
        words[WRITTEN] += 1.0
        self.signals.look()

    def gaps(self) -> list[float]:
        return [b - a for a, b in pairwise(self.starts)]

    def slot(self) -> SlotReading:
        found = reading(tuple(self.writer.words))
        assert found is not None
        return found


class Flat(World):
    """The same world for the loop without pauses."""

    def play(self, *, once: bool = False) -> Outcome:
        return back_to_back(self.run, flags=self.signals, recorder=self.recorder, clock=self.clock, paced=super().play)
