"""What an instance is at any moment: its state, what is wanted of it, and the one moment it waits for.

Knows nothing of how it gets from one to the other; that is `policy/step.py`.
"""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen

from udaemon.manifest.model import Daemon
from udaemon.policy.events import Reason


@frozen(order=True)
class Key:
    """Which instance: a daemon's name and the number of the copy, from 0."""

    name: str
    index: int

    def __str__(self) -> str:
        return f"{self.name}/{self.index}"


class State(StrEnum):
    """What an instance is."""

    DISABLED = "disabled"
    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    BACKOFF = "backoff"
    STOPPED = "stopped"
    EXITED = "exited"
    FAILED = "failed"


RESTING = frozenset({State.DISABLED, State.STOPPED, State.EXITED, State.FAILED})
"""States that only the operator ends: no deadline, and nothing alive (an unkillable process excepted)."""


class Wanted(StrEnum):
    """What the operator asked for."""

    UP = "up"
    DOWN = "down"


@frozen(kw_only=True)
class Exit:
    """How the last process ended. `at` is monotonic seconds; one of `code` and `signal` is set."""

    code: int | None
    signal: int | None
    core: bool
    reason: Reason
    at: float


@frozen(kw_only=True)
class Instance:
    """One copy of a daemon. Times are monotonic seconds.

    Attributes:
        deadline: The one moment it waits for: the kill while stopping, the next attempt in backoff, else None.
        pid: Its process, while that lives.
        started_at: When the present or last process was there.
        restarts: How often udaemon started it again by itself.
        crashes: Ends in a row that were too early or failures.
        refusals: Starts in a row that the system refused for want of something.
        attempts: Times of the automatic restarts after a failure, within the start limit's window.
        asked: The stop under way was asked for; else the tree of a process that ended by itself is being cleared.
        again: The stop under way is the first half of a restart.
        automatic: The start under way, or the one waited for, is udaemon's own idea.
        killing: KILL was sent.
        exit: How the last process ended, if one did.
        message: Why it is what it is, in a sentence, if there is more to say than the state.
        survivors: Processes that the last one left behind and that still live.
    """

    daemon: Daemon
    index: int
    state: State
    wanted: Wanted = Wanted.DOWN
    deadline: float | None = None
    pid: int | None = None
    started_at: float | None = None
    restarts: int = 0
    crashes: int = 0
    refusals: int = 0
    attempts: tuple[float, ...] = ()
    asked: bool = False
    again: bool = False
    automatic: bool = False
    killing: bool = False
    exit: Exit | None = None
    message: str | None = None
    survivors: tuple[int, ...] = ()

    @property
    def key(self) -> Key:
        """Its name and number."""
        return Key(self.daemon.name, self.index)

    @property
    def at_rest(self) -> bool:
        """Whether nothing more happens to it until the operator asks."""
        return self.state in RESTING


def declared(daemon: Daemon, index: int) -> Instance:
    """An instance as the manifest declares it, before anything was asked of it."""
    return Instance(daemon=daemon, index=index, state=State.STOPPED if daemon.enabled else State.DISABLED)
