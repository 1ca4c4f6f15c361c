"""What an instance is at any moment: its state, what is wanted of it, and the moments it waits for.

Knows nothing of how it gets from one to the other; that is `policy/step.py`.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from udaemon.frozen import frozen
from udaemon.manifest.model import Daemon
from udaemon.policy.followed import Followed
from udaemon.policy.plan import NO_PLAN, StartPlan
from udaemon.policy.questions import Question
from udaemon.policy.reasons import Reason
from udaemon.policy.timers import NO_TIMERS, Timers


class Key(NamedTuple):
    """Which instance: a daemon's name and the number of the copy, from 0.

    A tuple, as dicts by key are looked into fifty times for one start, and the hash of a tuple is no Python code.
    """

    name: str
    index: int  # type: ignore[assignment]  # hides tuple.index, which means nothing here

    def __str__(self) -> str:
        return f"{self.name}/{self.index}"


class State(StrEnum):
    """What an instance is."""

    DISABLED = "disabled"
    WAITING = "waiting"
    """Up, and nothing of it lives: a scheduled command between two runs, or one held back by what it needs."""
    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    BACKOFF = "backoff"
    STOPPED = "stopped"
    EXITED = "exited"
    FAILED = "failed"


RESTING = frozenset({State.DISABLED, State.STOPPED, State.EXITED, State.FAILED})
"""States that only the operator ends: no deadline, and nothing alive.

The exception is a process that cannot be killed: its instance rests as `failed`, and goes on if it dies after all.
"""


class Wanted(StrEnum):
    """What the operator asked for."""

    UP = "up"
    DOWN = "down"


@frozen(kw_only=True)
class Exit:
    """How the last process ended. `at` is monotonic seconds.

    One of `code` and `signal` is set; neither where no process came to be (`config`) or none ended (`unkillable`).
    """

    code: int | None
    signal: int | None
    core: bool
    reason: Reason
    at: float


@frozen
class Missing:
    """What an instance lacks before it can start.

    Attributes:
        conditions: Those that do not hold: `db@ready, migrate@completed`.
        cause: Why one of them can hold no more unless the operator does something; None while all may.
    """

    conditions: str
    cause: str | None = None

    def __str__(self) -> str:
        return f"for {self.conditions}" + (f": {self.cause}" if self.cause else "")


@frozen
class Turn:
    """Whether it is an instance's turn to start, and its task's to begin a run.

    Attributes:
        start: What its start has to wait for: `for lock db, held by backup #12`; None where it may begin.
        run: The same of the run that its task asks for.
        place: What it gets where it has to wait; who comes later has a higher one.
        locked: It has to wait for a lock, and not only for room to start.
    """

    start: str | None = None
    run: str | None = None
    place: int = 0
    locked: bool = False


FREE = Turn()
"""Of an instance that has to wait for nobody."""


@frozen(kw_only=True)
class Probed:
    """What is known of a process by asking it.

    Attributes:
        begun: It does what it is for, and is asked whether it is ready.
        unready: Why it is not ready yet, or no longer.
        well: It has answered that it is well.
        unwell: Why it is not.
        status: What it says that it does.
        methods: What its task has methods for.
        heard: By what it has said that it is ready, before it did what it is for.
    """

    begun: bool = False
    unready: str | None = None
    well: bool = False
    unwell: str | None = None
    status: str | None = None
    methods: tuple[Question, ...] = ()
    heard: str | None = None


NOT_PROBED = Probed()


class Phase(StrEnum):
    """When blocking steps are done."""

    BEFORE_START = "before-start"
    AFTER_STOP = "after-stop"


@frozen(kw_only=True)
class Step:
    """A step that is done in the place of an instance's own process.

    Attributes:
        phase: Which of the daemon's lists it stands in.
        index: Its place there, from 0.
        message: Why the instance is what it is, beside the step.
        refusals: How often in a row the system refused to start it.
        overdue: It had its time, and is killed.
        ended: How it ended, while what it left behind is killed.
    """

    phase: Phase
    index: int = 0
    message: str | None = None
    refusals: int = 0
    overdue: bool = False
    ended: Exit | None = None


@frozen(kw_only=True, slots=False)  # `evolve` copies its dict
class Instance:
    """One copy of a daemon. Times are monotonic seconds.

    Attributes:
        daemon: What is declared now; its process may have been started with another declaration.
        plan: What a start of it needs to know beyond that.
        timers: What it waits for: the kill while stopping or leaving, the next attempt in backoff.
        pid: Its process, or that of the step in its place, while that lives.
        started_at: When the present or last process was there.
        restarts: How often udaemon started it again by itself.
        crashes: Ends in a row that were too early or failures.
        refusals: Starts in a row that the system refused for want of something.
        attempts: Times of the automatic restarts after a failure, within the start limit's window.
        asked_at: When the operator asked for the stop under way; None while only a tree is cleared.
        killing: KILL was sent, or will be as soon as there is a process to send it to.
        leaving: Its process has said that it ends.
        held_up: Its process is there, and its program does not run yet.
        outdated: Its process is not as it is declared now: it was asked to end between two runs, or will be once it is
            there. Where it is wanted up, another one takes its place.
        automatic: The start under way, or the one waited for, is udaemon's own idea.
        exit: How the last process ended, or why it could not begin.
        message: Why it is what it is, in a sentence, if there is more to say than the state.
        paused: The operator wants no run to begin.
        owes_run: A run is to begin as soon as this one has ended.
        survivors: Processes that the last one left behind and that still live.
        probed: What its process has answered.
        condemned: Why it is being ended by us, as a crash.
        missing: What it needs and has not, kept by the fleet; None where a start may begin.
        held_back: Its start waits for what is missing.
        alone: The operator has started it without what it needs.
        good_run: It has had a good run since the operator started it.
        turn: Whether it is its turn, kept by the fleet.
        place: Its place among those that wait for their turn; 0 where it does not wait.
        run_asked: The run for which its task wants the locks or has them; 0 for none.
        holds: The locks that it has.
        after: The run of another daemon after which the present or last run of this command came.
        owed_after: The same of the run that is to begin as soon as this one has ended.
        step: What is done before its start or after its end; the start under way, or the process, is the step's then.
    """

    daemon: Daemon
    index: int
    state: State
    wanted: Wanted = Wanted.DOWN
    timers: Timers = NO_TIMERS
    pid: int | None = None
    started_at: float | None = None
    restarts: int = 0
    crashes: int = 0
    refusals: int = 0
    attempts: tuple[float, ...] = ()
    asked_at: float | None = None
    killing: bool = False
    leaving: bool = False
    held_up: bool = False
    outdated: bool = False
    automatic: bool = False
    exit: Exit | None = None
    message: str | None = None
    paused: bool = False
    owes_run: bool = False
    survivors: tuple[int, ...] = ()
    plan: StartPlan = NO_PLAN
    probed: Probed = NOT_PROBED
    condemned: Reason | None = None
    missing: Missing | None = None
    held_back: bool = False
    alone: bool = False
    good_run: bool = False
    turn: Turn = FREE
    place: int = 0
    run_asked: int = 0
    holds: tuple[str, ...] = ()
    after: Followed | None = None
    owed_after: Followed | None = None
    step: Step | None = None

    @cached_property
    def key(self) -> Key:
        """Its name and number, which never change: `evolve` copies it with all else."""
        return Key(self.daemon.name, self.index)

    @property
    def own_pid(self) -> int | None:
        """Its own process, None while a step is done in its place."""
        return self.pid if self.step is None else None

    @property
    def deadline(self) -> float | None:
        """The first moment that it waits for."""
        return self.timers.earliest()

    @property
    def at_rest(self) -> bool:
        """Whether nothing more happens to it until the operator asks."""
        return self.state in RESTING

    @property
    def is_spawning(self) -> bool:
        """Whether a start was asked for and is not answered yet."""
        return self.state in (State.STARTING, State.STOPPING) and self.pid is None and not self.survivors

    @property
    def unkillable(self) -> tuple[int, ...]:
        """Processes that got KILL, did not go away, and were given up on."""
        if self.state is not State.FAILED:
            return ()
        return self.survivors if self.pid is None else (self.pid,)


def declared(daemon: Daemon, index: int, plan: StartPlan = NO_PLAN) -> Instance:
    """An instance as the manifest declares it, before anything was asked of it."""
    state = State.STOPPED if daemon.enabled else State.DISABLED
    return Instance(daemon=daemon, index=index, state=state, plan=plan)
