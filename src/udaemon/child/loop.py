"""The periodic loop: run, look up, pause until the next run is due, and again.

Knows no signal handler, no process and no scoreboard file; it is given what it needs and tells how it ended.

`course` is the loop for every task that pauses. It does nothing itself: it yields what is to be done next, a callable
to call or a moment to wait for, so that one description serves plain and async tasks and runs in tests without time.
`back_to_back` is the same for a plain task that never pauses, written out flat: there a microsecond counts.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, NamedTuple, Protocol

from udaemon.child.forked import leave_if_forked
from udaemon.child.forms import refuse_product
from udaemon.child.recorder import Recorder, rss_peak
from udaemon.child.schedule import anchor_of, next_due, resumed
from udaemon.child.scoreboard import BEGUN, CURRENT, DONE, LAST_END, LAST_START, SlotWriter
from udaemon.child.task import StopTask

Clock = Callable[[], float]
Step = Callable[[], Any] | float
Steps = Generator[Step, BaseException | None, "Outcome"]

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

    def take_hook(self) -> Callable[[], Any] | None:
        """The next hook to call between runs."""


def outcome_of(error: BaseException) -> Outcome:
    """What an exception that left a run or a hook means for the daemon."""
    if isinstance(error, StopTask):
        return Outcome("task-stopped")
    return Outcome("exited" if isinstance(error, SystemExit) else "exception", error)


def loop_steps(
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
) -> Steps:
    """Yield, in turn, the callables to call and the moments to wait for; be sent what they raised, or None.

    `always_pause` yields a moment before each run also when it has come already. `limit` is looked at after each run;
    who leaves for it leaves the pause to the process that comes after.
    """
    started = clock()
    due = resumed(recorder.writer.take_resume(), started, max(sleep, min_sleep))
    if due.at > started:
        recorder.paused(due.at)
    while True:
        waiting, paused = True, not always_pause
        while waiting:
            while flags.attention and (hook := flags.take_hook()) is not None:
                error = yield hook
                if error is not None:
                    return outcome_of(error)
            if flags.look():
                return Outcome("stopped")
            started = clock()
            waiting = started < due.at or not paused
            if waiting:
                paused = True
                yield due.at
        if due.overrun:
            recorder.writer.came_late()
        recorder.writer.began(started)
        error = yield run
        recorder.ended(started, clock(), started - due.wished, error, stopping=flags.look() or once)
        if error is not None:
            return outcome_of(error)
        if recorder.ended_by is not None:
            return outcome_of(recorder.ended_by)
        if once:
            return Outcome("stopped")
        due = next_due(anchor_of(due.at, started, sleep), clock(), sleep, min_sleep)
        recorder.paused(due.at)
        if limit is not None and not flags.stopping and (message := limit.exceeded()) is not None:
            recorder.writer.leave_until(due.at)
            return Outcome("memory", message=message)


def run_steps(steps: Steps, wait: Callable[[float], object]) -> Outcome:
    """Walk a course with plain calls."""
    answer: BaseException | None = None
    while True:
        try:
            step = steps.send(answer)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]
        answer = None
        if callable(step):
            try:
                result = step()
                if result is not None:
                    refuse_product(result)
            except BaseException as error:  # noqa: BLE001 - the course decides, also over SystemExit
                answer = error
            leave_if_forked(answer)
        else:
            wait(step)


def back_to_back(run: Callable[[], Any], *, flags: StopFlags, recorder: Recorder, clock: Clock) -> Outcome:
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


def _sample(writer: SlotWriter, duration: float, runs: float) -> float:
    """Count a run for all since the last sample. Returns after how many the next is due."""
    writer.stay(duration, runs)
    return SAMPLE if duration < SHORT else 1.0
