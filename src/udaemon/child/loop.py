"""The periodic loop: run, look up, pause until the next run is due, and again.

Knows no signal handler, no process and no scoreboard file; it gets what it needs and returns how it ended.

`Steps` is the loop for every task that pauses. It does nothing itself: it gives what is to be done next, a callable
to call or a moment to wait for, so that one description serves plain and async tasks and runs in tests without time.
`back_to_back.py` has the same for a plain task that never pauses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import inf
from typing import Any, NamedTuple, Protocol

from udaemon.child.forked import leave_if_forked
from udaemon.child.forms import refuse_product
from udaemon.child.memory import limit_of
from udaemon.child.period import Periodic, Planner
from udaemon.child.recorder import Recorder
from udaemon.child.schedule import Due
from udaemon.child.spec import Pace
from udaemon.child.succession import succeed
from udaemon.child.task import StopTask

Clock = Callable[[], float]
Step = Callable[[], Any] | float


class Outcome(NamedTuple):
    """How the loop ended: `stopped task-stopped exited exception memory`; what was raised, or else what to say."""

    reason: str
    error: BaseException | None = None
    message: str | None = None


class Limit(Protocol):
    """What the loop asks of `MemoryLimit`."""

    def exceeded(self) -> str | None:
        """What to say when the process has grown too large."""


class Locks(Protocol):
    """What the loop asks of `RunLocks`."""

    def take(self) -> bool:
        """Ask for the next run; returns whether it may begin."""

    def leave(self) -> None:
        """Let go of what was had for a run, or was asked for."""


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

    def wait(self, due: float) -> None:
        """Sleep until then, or until there is something to attend to."""

    def take_hook(self) -> Callable[[], Any] | None:
        """The next hook to call between runs."""


class Asks(Protocol):
    """What the loop asks of `Questions`."""

    @property
    def at(self) -> float:
        """When the next question is due."""

    def take(self, now: float) -> Callable[[], Any] | None:
        """What is to be called now."""


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
        planner: Says when runs are due, in place of `sleep` and `min_sleep`.
        limit: Looked at after each run; who leaves for it leaves the pause to the process that comes after.
        changes: Says by what pace to go instead, as soon as there is one.
        locks: What a run has to have before it begins.
        replan: Called with another pace; returns what says when runs are due from then on, None where that stays.
        asks: What the task is asked between its runs.
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
        planner: Planner | None = None,
        limit: Limit | None = None,
        changes: Changes | None = None,
        locks: Locks | None = None,
        replan: Callable[[Pace], Planner | None] = lambda _pace: None,
        asks: Asks | None = None,
    ) -> None:
        self.outcome = Outcome("stopped")
        self.shortest_pause = sleep + min_sleep
        self.pauses = bool(planner or sleep > 0 or min_sleep > 0 or limit or locks)
        """Whether it pauses, or looks at something between two runs, whatever task it is of."""
        self._run = run
        self._planner = planner or Periodic(sleep, min_sleep)
        self._flags = flags
        self._recorder = recorder
        self._clock = clock
        self._once = once
        self._always_pause = always_pause
        self._limit = limit
        self._changes = changes
        self._locks = locks
        self._replan = replan
        self._asks = asks
        self._raised: BaseException | None = None

    def serve(self, run: Callable[[], Any], *, once: bool, always_pause: bool, asks: Asks | None) -> None:
        """Be of this task, where it was not there yet when these were made."""
        self._run, self._once, self._always_pause, self._asks = run, once, always_pause, asks

    def goes_by(self, planner: Planner) -> None:
        """Have this say when runs are due."""
        self._planner, self.pauses = planner, True

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> bool:
        self._raised = error  # the steps decide, also over SystemExit
        leave_if_forked(error)
        return True

    def __iter__(self) -> Iterator[Step]:
        flags, recorder, clock, planner = self._flags, self._recorder, self._clock, self._planner
        writer = recorder.writer
        started = clock()
        due = planner.first(writer.take_resume(), started)
        if due.at > started:
            recorder.paused(due.at)
        while True:
            waiting, paused, kicked = True, not self._always_pause, False
            while waiting:
                for call in self._between_runs():
                    yield call
                    if self._ends(self._raised):
                        return
                if flags.look():
                    self._let_go()
                    return
                if self._changes is not None and self._changes.pending():
                    due = self._repaced(due, self._changes.take())
                    planner = self._planner
                started = clock()
                kicked = writer.take_kick() or kicked
                held = writer.is_paused and not kicked
                if not (held or kicked) and (due_now := planner.look(due, started)) != due:
                    due = due_now
                    recorder.paused(due.at)
                waiting = not paused or (not kicked and (held or started < due.at))
                locked = self._is_locked(waiting)
                waiting = waiting or locked
                if waiting:
                    paused = True
                    until = inf if held or locked else due.at
                    yield until if self._asks is None else min(until, self._asks.at)
            if not kicked:
                planner.began()
                if due.overrun:
                    writer.came_late()
            writer.began(started)
            yield self._run
            error = self._raised
            late = 0.0 if kicked else started - due.wished
            recorder.ended(started, clock(), late, error, stopping=flags.look() or self._once)
            self._let_go()
            if self._ends(error) or self._ends(recorder.ended_by) or self._once:
                return
            due = planner.next(due, started, clock(), kicked=kicked)
            recorder.paused(due.at)
            limit = self._limit
            if limit is not None and not flags.stopping and (message := limit.exceeded()) is not None:
                writer.leave_until(due.at)
                self.outcome = Outcome("memory", message=message)
                return

    def _is_locked(self, waiting: bool) -> bool:
        """Whether a run has to wait for its locks; while it waits for something else it wants none."""
        if self._locks is None:
            return False
        if waiting:
            self._locks.leave()
        return not (waiting or self._locks.take())

    def _let_go(self) -> None:
        if self._locks is not None:
            self._locks.leave()

    def _between_runs(self) -> Iterator[Callable[[], Any]]:
        """What is called before anything else: hooks for signals that came, then the questions that are due."""
        flags, asks = self._flags, self._asks
        while flags.attention and (hook := flags.take_hook()) is not None:
            yield hook
        while asks is not None and not flags.stopping and (question := asks.take(self._clock())) is not None:
            yield question

    def _repaced(self, due: Due, pace: Pace) -> Due:
        """Go by another pace from now on. Returns when to run instead of when it was due."""
        self._limit = limit_of(pace.memory_limit, pace.memory_threshold)
        another = self._replan(pace)
        if another is None:
            due = self._planner.repaced(due, pace.sleep, pace.min_sleep, self._clock())
        else:
            due, self._planner = succeed(another, self._planner, self._clock()), another
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
