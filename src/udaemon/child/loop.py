"""The periodic loop: run, look up, pause until the next run is due, and again.

Knows no signal handler, no process and no scoreboard file; it gets what it needs and returns how it ended.

`Steps` is the loop for every task that pauses. It does nothing itself: it gives what is to be done next, a callable
to call or a moment to wait for, so that one description serves plain and async tasks and runs in tests without time.
`back_to_back` is the same for a plain task that never pauses, written out flat: there a microsecond counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, Protocol

from udaemon.child.forked import leave_if_forked
from udaemon.child.forms import refuse_product
from udaemon.child.memory import limit_of, rss_peak
from udaemon.child.recorder import Recorder
from udaemon.child.schedule import Due, anchor_of, next_due, replanned, resumed
from udaemon.child.scoreboard import BEGUN, CURRENT, DONE, LAST_END, LAST_START, SlotWriter
from udaemon.child.spec import Pace
from udaemon.child.task import StopTask

Clock = Callable[[], float]
Step = Callable[[], Any] | float

# Of short runs without a pause each SAMPLE-th is timed for the histogram and counts for as many.
SAMPLE = 64.0
SHORT = 0.001
RSS_PERIOD = 1.0


class Outcome(NamedTuple):
    """How the loop ended: `stopped task-stopped exited exception memory`; what was raised, or else what to say."""

    reason: str
    error: BaseException | None = None
    message: str | None = None


class Limit(Protocol):
    """What the loop asks of `MemoryLimit`."""

    def exceeded(self) -> str | None:
        """What to say when the process has grown too large."""


class Changes(Protocol):
    """What the loop asks of `PaceChanges`."""

    def pending(self) -> bool:
        """Whether there is another pace."""

    def take(self) -> Pace:
        """Take it."""


class StopFlags(Protocol):
    """What the loop asks of `Signals`."""

    attention: bool
    stopping: bool
    pace_changed: Callable[[], bool]

    def look(self) -> bool:
        """Look for a stop that came by another way than a signal; says whether to stop."""

    def take_hook(self) -> Callable[[], Any] | None:
        """The next hook to call between runs."""


def outcome_of(error: BaseException) -> Outcome:
    """What an exception that left a run or a hook means for the daemon."""
    if isinstance(error, StopTask):
        return Outcome("task-stopped")
    return Outcome("exited" if isinstance(error, SystemExit) else "exception", error)


class Steps:
    """The steps of a task's loop in their order, and at the end its outcome.

    Whoever carries them out calls each callable within `with` these steps, which take note of what was raised,
    and waits for each moment.

    Args:
        run: The task.
        sleep: The period of the runs in seconds.
        min_sleep: The shortest pause in seconds.
        flags: What signals have left.
        recorder: Where runs are recorded.
        clock: Monotonic seconds.
        once: Whether to end after one run.
        always_pause: Whether to give a moment before each run also when it has come already.
        limit: Looked at after each run; who leaves for it leaves the pause to the process that comes after.
        changes: Says by what pace to go instead, as soon as there is one.
    """

    def __init__(
        self,
        run: Callable[[], Any],
        *,
        sleep: float,
        min_sleep: float,
        flags: StopFlags,
        recorder: Recorder,
        clock: Clock,
        once: bool = False,
        always_pause: bool = False,
        limit: Limit | None = None,
        changes: Changes | None = None,
    ) -> None:
        self.outcome = Outcome("stopped")
        self._run = run
        self._sleep = sleep
        self._min_sleep = min_sleep
        self._flags = flags
        self._recorder = recorder
        self._clock = clock
        self._once = once
        self._always_pause = always_pause
        self._limit = limit
        self._changes = changes
        self._last: tuple[float, float, float] | None = None
        self._raised: BaseException | None = None

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> bool:
        self._raised = error  # the steps decide, also over SystemExit
        leave_if_forked(error)
        return True

    def __iter__(self) -> Iterator[Step]:
        flags, recorder, clock = self._flags, self._recorder, self._clock
        started = clock()
        due = resumed(recorder.writer.take_resume(), started, max(self._sleep, self._min_sleep))
        if due.at > started:
            recorder.paused(due.at)
        while True:
            waiting, paused = True, not self._always_pause
            while waiting:
                while flags.attention and (hook := flags.take_hook()) is not None:
                    yield hook
                    if self._ends(self._raised):
                        return
                if flags.look():
                    return
                if self._changes is not None and self._changes.pending():
                    due = self._repaced(due, self._changes.take())
                started = clock()
                waiting = started < due.at or not paused
                if waiting:
                    paused = True
                    yield due.at
            if due.overrun:
                recorder.writer.came_late()
            recorder.writer.began(started)
            yield self._run
            error = self._raised
            recorder.ended(started, clock(), started - due.wished, error, stopping=flags.look() or self._once)
            if self._ends(error) or self._ends(recorder.ended_by) or self._once:
                return
            self._last = (due.at, started, clock())
            due = self._next(*self._last)
            recorder.paused(due.at)
            limit = self._limit
            if limit is not None and not flags.stopping and (message := limit.exceeded()) is not None:
                recorder.writer.leave_until(due.at)
                self.outcome = Outcome("memory", message=message)
                return

    def _next(self, planned: float, started: float, ended: float) -> Due:
        """When to run after a run."""
        return next_due(anchor_of(planned, started, self._sleep), ended, self._sleep, self._min_sleep)

    def _repaced(self, due: Due, pace: Pace) -> Due:
        """Go by another pace from now on. Returns when to run instead of when it was due."""
        self._sleep, self._min_sleep = pace.sleep, pace.min_sleep
        self._limit = limit_of(pace.memory_limit, pace.memory_threshold)
        now = self._clock()
        if self._last is None:
            due = resumed(due.at, now, max(pace.sleep, pace.min_sleep))
        else:
            due = replanned(self._next(*self._last), now)
        self._recorder.paused(due.at)
        return due

    def _ends(self, error: BaseException | None) -> bool:
        """Whether this ends the loop."""
        if error is not None:
            self.outcome = outcome_of(error)
        return error is not None


def run_steps(steps: Steps, wait: Callable[[float], object]) -> Outcome:
    """Carry out the steps with plain calls."""
    for step in steps:
        if callable(step):
            with steps:
                result = step()
                if result is not None:
                    refuse_product(result)
        else:
            wait(step)
    return steps.outcome


def back_to_back(
    run: Callable[[], Any],
    *,
    flags: StopFlags,
    recorder: Recorder,
    clock: Clock,
    paced: Callable[[], Outcome] = lambda: Outcome("stopped"),
) -> Outcome:
    """Run a plain task without pauses: no system call but the clock's, and five stores a run.

    One look at the clock ends a run and begins the next. A float is stored in half the time of an int. Where the pace
    is changed, `paced` goes on from there.
    """
    writer = recorder.writer
    words = writer.words
    sampled = rss_due = 0.0
    number = counted = words[DONE]
    now = clock()
    try:
        while True:
            while flags.attention:
                hook = flags.take_hook()
                if hook is not None:
                    if (end := _ended_by(hook)) is not None:
                        return end
                elif flags.stopping or flags.pace_changed():
                    break
                now = clock()
            else:
                words[CURRENT] = now
                while True:
                    started = now
                    result = run()
                    if flags.attention:
                        leave_if_forked()  # before a word is stored
                        sampled = number  # look up after this run
                    if result is not None:
                        refuse_product(result)
                    now = clock()
                    number += 1.0
                    words[BEGUN] = number
                    words[LAST_START] = started
                    words[LAST_END] = now
                    words[CURRENT] = now
                    words[DONE] = number
                    if number >= sampled:
                        sampled = number + _sample(writer, now - started, number - counted)
                        counted = number
                        if not recorder.had_good_run:
                            recorder.good_run()
                        if flags.look() or flags.attention:
                            break
                        if now >= rss_due:
                            rss_due = now + RSS_PERIOD
                            writer.paused(0.0, rss_peak())
                words[CURRENT] = 0.0
                continue
            break
    except BaseException as error:  # noqa: BLE001 - told and returned
        leave_if_forked(error)
        recorder.ended(now, clock(), 0.0, error, stopping=flags.stopping)
        return outcome_of(error)
    return Outcome("stopped") if flags.stopping else paced()


def _ended_by(hook: Callable[[], Any]) -> Outcome | None:
    """Call a hook between two runs. Returns how it ended the loop, if it did."""
    try:
        hook()
    except BaseException as error:  # noqa: BLE001 - as from a run
        leave_if_forked(error)
        return outcome_of(error)
    leave_if_forked()
    return None


def _sample(writer: SlotWriter, duration: float, runs: float) -> float:
    """Count a run for all since the last sample. Returns after how many the next is due."""
    writer.stay(duration, runs)
    return SAMPLE if duration < SHORT else 1.0
