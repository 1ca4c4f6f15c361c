"""The periodic loop: run, look up, pause until the next run is due, and again.

Knows no signal handler, no process and no scoreboard file; it gets what it needs and returns how it ended.

`Steps` is the loop for every task that pauses. It does nothing itself: it gives what is to be done next, a callable
to call or a moment to wait for, so that one description serves plain and async tasks and runs in tests without time.
`back_to_back` is the same for a plain task that never pauses, written out flat: there a microsecond counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import inf
from typing import Any, NamedTuple, Protocol

from udaemon.child.forked import leave_if_forked
from udaemon.child.forms import refuse_product
from udaemon.child.memory import rss_peak
from udaemon.child.pace import Pace, Periodic
from udaemon.child.recorder import Recorder
from udaemon.child.scoreboard import BEGUN, CURRENT, DONE, LAST_END, LAST_START, SlotWriter
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


class StopFlags(Protocol):
    """What the loop asks of `Signals`."""

    attention: bool
    stopping: bool

    def look(self) -> bool:
        """Look for a stop that came by another way than a signal; says whether to stop."""

    def wait(self, due: float) -> None:
        """Sleep until then, or until there is something to attend to."""

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
        pace: When runs are due, in place of `sleep` and `min_sleep`.
        limit: Looked at after each run; who leaves for it leaves the pause to the process that comes after.
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
        pace: Pace | None = None,
        limit: Limit | None = None,
    ) -> None:
        self.outcome = Outcome("stopped")
        self._run = run
        self._pace = pace or Periodic(sleep, min_sleep)
        self._flags = flags
        self._recorder = recorder
        self._clock = clock
        self._once = once
        self._always_pause = always_pause
        self._limit = limit
        self._raised: BaseException | None = None

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> bool:
        self._raised = error  # the steps decide, also over SystemExit
        leave_if_forked(error)
        return True

    def __iter__(self) -> Iterator[Step]:
        flags, recorder, clock, pace = self._flags, self._recorder, self._clock, self._pace
        writer = recorder.writer
        started = clock()
        due = pace.first(writer.take_resume(), started)
        if due.at > started:
            recorder.paused(due.at)
        while True:
            waiting, paused, kicked = True, not self._always_pause, False
            while waiting:
                while flags.attention and (hook := flags.take_hook()) is not None:
                    yield hook
                    if self._ends(self._raised):
                        return
                if flags.look():
                    return
                started = clock()
                kicked = writer.take_kick() or kicked
                held = writer.is_paused and not kicked
                if not (held or kicked) and (due_now := pace.look(due, started)) != due:
                    due = due_now
                    recorder.paused(due.at)
                waiting = not paused or (not kicked and (held or started < due.at))
                if waiting:
                    paused = True
                    yield inf if held else due.at
            if not kicked:
                pace.began()
                if due.overrun:
                    writer.came_late()
            writer.began(started)
            yield self._run
            error = self._raised
            late = 0.0 if kicked else started - due.wished
            recorder.ended(started, clock(), late, error, stopping=flags.look() or self._once)
            if self._ends(error) or self._ends(recorder.ended_by) or self._once:
                return
            due = pace.next(due, started, clock(), kicked=kicked)
            recorder.paused(due.at)
            limit = self._limit
            if limit is not None and not flags.stopping and (message := limit.exceeded()) is not None:
                writer.leave_until(due.at)
                self.outcome = Outcome("memory", message=message)
                return

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


def back_to_back(  # noqa: C901, PLR0915 - written out flat, as a call costs what a run may take
    run: Callable[[], Any], *, flags: StopFlags, recorder: Recorder, clock: Clock
) -> Outcome:
    """Run a plain task without pauses: no system call but the clock's, and five stores a run.

    One look at the clock ends a run and begins the next. A float is stored in half the time of an int.
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
                    try:
                        hook()
                    except BaseException as error:  # noqa: BLE001 - as from a run
                        leave_if_forked(error)
                        return outcome_of(error)
                    leave_if_forked()
                elif flags.stopping:
                    return Outcome("stopped")
                elif writer.is_paused and _held(writer, flags):
                    now = clock()
                    break
                now = clock()
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
    except BaseException as error:  # noqa: BLE001 - told and returned
        leave_if_forked(error)
        recorder.ended(now, clock(), 0.0, error, stopping=flags.stopping)
        return outcome_of(error)


def _held(writer: SlotWriter, flags: StopFlags) -> bool:
    """Wait while the operator wants no run to begin. Returns whether there is to be just one."""
    kicked = writer.take_kick()
    if not kicked:
        flags.wait(inf)
    flags.attention = True  # look up again, after that one run or now
    return kicked


def _sample(writer: SlotWriter, duration: float, runs: float) -> float:
    """Count a run for all since the last sample. Returns after how many the next is due."""
    writer.stay(duration, runs)
    return SAMPLE if duration < SHORT else 1.0
