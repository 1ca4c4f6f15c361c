"""Everything the policy can ask for, as values; `supervisor/perform.py` turns them into system calls.

Carries none of them out.
"""

from __future__ import annotations

from enum import StrEnum

from udaemon.frozen import frozen
from udaemon.policy.followed import Followed


class EventName(StrEnum):
    """The names of events: the `event` of `udaemon events` and of the common log."""

    WAITING = "waiting"
    SKIPPED = "skipped"
    PAUSED = "paused"
    RESUMED = "resumed"
    KICKED = "kicked"
    HELD_UP = "held-up"
    STARTED = "started"
    READY = "ready"
    UNREADY = "unready"
    FAILING = "failing"
    HEALTHY = "healthy"
    TIMED_OUT = "timed-out"
    CANCELLED = "cancelled"
    BEFORE_START = "before-start"
    AFTER_STOP = "after-stop"
    EXITED = "exited"
    CLEARED = "cleared"
    RESTARTING = "restarting"
    REFUSED = "refused"
    STOPPING = "stopping"
    KILLING = "killing"
    STOPPED = "stopped"
    FAILED = "failed"


@frozen
class Spawn:
    """Start the instance's process. Answered by `Spawned` or `SpawnFailed`, always."""


@frozen
class CancelSpawn:
    """Cancel the start, if it has not begun yet. Answered as every `Spawn` is."""


@frozen
class Signal:
    """Send the instance's own process a signal, by name without SIG; a stopped one is continued too."""

    name: str


@frozen
class StopCommand:
    """Run the command that asks its own process to end. Answered by `StopCommandFailed`, where it does."""


@frozen
class SignalTree:
    """Send a signal to every process group of the instance's session, or to what its process left behind."""

    name: str


@frozen
class KillTree:
    """Kill the instance's process and everything it left behind. Answered by `Exited` or `TreeGone`."""


@frozen
class Reconfigure:
    """Have whoever keeps the instance's process go by its declaration as it is now."""


@frozen
class Pause:
    """Have its task begin no run, or go on, in this process and those that come after it."""

    paused: bool


@frozen
class Kick:
    """Have its task run now."""


@frozen
class Allow:
    """Let its task begin the run for which it wants the locks."""

    run: int


@frozen
class Trigger:
    """Have its task run after another daemon's run."""

    after: Followed


@frozen
class CountMissed:
    """Count a due time that no run serves."""


@frozen
class Publish:
    """Publish what happened: one entry of `events`, one line of the common log. `message` is for people."""

    event: EventName
    message: str


_OfProcess = Spawn | CancelSpawn | Signal | StopCommand | SignalTree | KillTree | Reconfigure
_OfRuns = Pause | Kick | Allow | Trigger | CountMissed
Effect = _OfProcess | _OfRuns | Publish
