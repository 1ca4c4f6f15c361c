"""What the supervisor asks of an engine, and the words both use.

Knows no way of making a process: `local.py` has the real one, `tests/fakes/` the one for tests.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from udaemon.engines.zygote.protocol import Origin
from udaemon.frozen import frozen
from udaemon.manifest.model import Daemon
from udaemon.policy.events import Event
from udaemon.policy.instance import Key
from udaemon.policy.plan import StartPlan

Listener = Callable[[Key, Event], None]

LOOK_AGAIN = 0.1
"""Seconds to the next look where the system let us see or watch nothing: no descriptors, no memory."""

CANCELLED = "its start was called off"
"""Message of a start that was cancelled."""


class Reactor(Protocol):
    """The loop as an engine sees it: it calls back when a file descriptor can be read."""

    def watch(self, fd: int, callback: Callable[[], None]) -> None:
        """Call `callback` whenever `fd` is readable or hung up."""

    def forget(self, fd: int) -> None:
        """Stop watching `fd` altogether; call it before the fd is closed."""


class WritableReactor(Reactor, Protocol):
    """The loop as those see it who also wait until a file descriptor can be written."""

    def watch_writable(self, fd: int, callback: Callable[[], None]) -> None:
        """Call `callback` whenever `fd` takes more."""

    def forget_writable(self, fd: int) -> None:
        """Stop asking whether `fd` takes more."""


@frozen(kw_only=True)
class SpawnRequest:
    """All that is needed to start one process.

    Attributes:
        key: Which instance.
        daemon: What is declared.
        plan: What it takes beyond the daemon's keys.
        slot: The number of its slot in the scoreboard.
        output: Where its output goes: a descriptor that is the engine's from here on.
        errors: Where its stderr goes, the engine's too; None for where the output goes.
    """

    key: Key
    daemon: Daemon
    plan: StartPlan
    slot: int
    output: int
    errors: int | None = None

    @property
    def pipes(self) -> tuple[int, ...]:
        """The write ends of its log pipes."""
        return (self.output,) if self.errors is None else (self.output, self.errors)

    def close_pipes(self) -> None:
        """The process has them, or there is none."""
        for pipe in self.pipes:
            os.close(pipe)


class Engine(Protocol):
    """Starts, watches and ends processes. Every answer comes through the listener, never by return."""

    @property
    def deadline(self) -> float | None:
        """Monotonic time at which `expire` wants to be called, None for never."""

    def spawn(self, requests: Sequence[SpawnRequest]) -> None:
        """Start these; each gets `Spawned` or `SpawnFailed` later. Of no instance there are ever two processes."""

    def cancel(self, key: Key) -> None:
        """Cancel a start that has not begun yet: it gets `SpawnFailed` then."""

    def reconfigure(self, key: Key, daemon: Daemon, plan: StartPlan) -> None:
        """Go by this declaration of its daemon from now on, as far as its process need not change for that."""

    def forget(self, key: Key) -> None:
        """There is no such instance any more: let go of what is kept for it. Nothing of it lives."""

    def signal(self, key: Key, name: str) -> None:
        """Send a signal to its own process, and have it go on if it was stopped. One that has gone is no error."""

    def run_stop_command(self, request: SpawnRequest) -> None:
        """Run a command that asks its own process to end; `StopCommandFailed` where it fails while that lives."""

    def signal_tree(self, key: Key, name: str) -> None:
        """The same to its whole session; once it has ended, to what it left behind and to what that leaves behind."""

    def kill_tree(self, key: Key) -> None:
        """KILL the process, its session and what re-parented to us from it."""

    def last_error(self, key: Key) -> str | None:
        """The last line of the last error that the instance's process reported."""

    def sharing(self, daemon: Daemon, plan: StartPlan) -> Mapping[str, Any] | None:
        """What its process shares with others, None where there is no such thing or it is not known."""

    def origin(self, key: Key) -> Origin | None:
        """What its process was forked from, None where it has none or was executed."""

    def expire(self, now: float) -> None:
        """Handle what the engine itself waited for until `deadline`."""

    def close(self) -> None:
        """Close helpers (the zygotes). Daemons are not touched."""
