"""What an instance is at any moment: its state, what is wanted of it, and the one moment it waits for.

Knows nothing of how it gets from one to the other; that is `policy/step.py`.
"""

from __future__ import annotations

from enum import StrEnum

from attrs import field, frozen

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


class Wanted(StrEnum):
    """What the operator asked for."""

    UP = "up"
    DOWN = "down"


@frozen(kw_only=True)
class Exit:
    """How the last process ended. `at` is monotonic seconds; `reason` is None only for a process never seen to end."""

    code: int | None
    signal: int | None
    core: bool
    reason: Reason
    at: float


@frozen(kw_only=True)
class Instance:
    """One copy of a daemon. Times are monotonic seconds.

    `deadline` is the one moment it waits for: the kill while stopping, the next attempt in backoff, else None.
    `crashes` counts failures in a row, `attempts` holds the times of automatic restarts within the start limit's window.
    `again` says that the stop under way is the first half of a restart.
    """

    daemon: Daemon
    index: int
    state: State
    wanted: Wanted
    deadline: float | None = None
    pid: int | None = None
    started_at: float | None = None
    restarts: int = 0
    crashes: int = 0
    refusals: int = 0
    attempts: tuple[float, ...] = ()
    again: bool = False
    killing: bool = False
    exit: Exit | None = None
    message: str | None = None
    survivors: tuple[int, ...] = field(default=())

    @property
    def key(self) -> Key:
        """The instance's name and number."""
        return Key(self.daemon.name, self.index)


def fresh(daemon: Daemon, index: int) -> Instance:
    """An instance that was declared and not yet asked for anything."""
    state = State.STOPPED if daemon.enabled else State.DISABLED
    return Instance(daemon=daemon, index=index, state=state, wanted=Wanted.DOWN)
