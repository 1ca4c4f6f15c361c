"""Everything the policy can ask for, as values; `supervisor/perform.py` turns them into system calls."""

from __future__ import annotations

from attrs import frozen


@frozen
class Spawn:
    """Start the instance's process. Answered by `Spawned` or `SpawnFailed`, always."""


@frozen
class Signal:
    """Send the instance's own process a signal, by name without SIG; it is continued too if it was stopped."""

    name: str


@frozen
class KillTree:
    """Kill the instance's process and everything it left behind. Answered by `Exited` or `TreeGone`."""


@frozen
class Tell:
    """Say what happened: one event for `events`, one line for the common log.

    `event` is one of the words in `policy/instance.py`; `message` is a sentence for people.
    """

    event: str
    message: str


Effect = Spawn | Signal | KillTree | Tell
