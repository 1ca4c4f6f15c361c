"""What the supervisor asks of an engine, and the words both use.

Knows no way of making a process: `local.py` has the real one, `tests/fakes/` the one for tests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from attrs import frozen

from udaemon.engines.origin import Origin
from udaemon.manifest.model import Daemon
from udaemon.policy.events import Event
from udaemon.policy.instance import Key

Listener = Callable[[Key, Event], None]

CANCELLED = "its start was called off"
"""Why there is no process where one is not wanted any more."""


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

    `lock` is an fd that holds the instance's flock; `output` the write end of its log pipe; `slot` the number of
    its scoreboard slot. The engine owns both fds from here on: it closes `output` once the process has it, and
    `lock` when the last of the process's tree has gone.
    """

    key: Key
    daemon: Daemon
    slot: int
    lock: int
    output: int


class Engine(Protocol):
    """Makes processes, watches them die, ends them. Every answer comes through the listener, never by return."""

    @property
    def deadline(self) -> float | None:
        """Monotonic time at which `expire` wants to be called, None for never."""

    def spawn(self, requests: Sequence[SpawnRequest]) -> None:
        """Start these; each gets `Spawned` or `SpawnFailed` later."""

    def cancel(self, key: Key) -> None:
        """Do without a process that was asked for and is not on the way yet: it gets `SpawnFailed` then."""

    def signal(self, key: Key, name: str) -> None:
        """Send a signal by pidfd, then CONT. A process that has gone is no error."""

    def signal_tree(self, key: Key, name: str) -> None:
        """The same to its whole session; once it has ended, to what it left behind and to what that leaves behind."""

    def kill_tree(self, key: Key) -> None:
        """KILL the process, its session and what re-parented to us from it."""

    def pidfd(self, key: Key) -> int | None:
        """A pidfd of its own process, None when there is none. It stays the engine's."""

    def last_error(self, key: Key) -> str | None:
        """The last line of the last error that the instance's process reported."""

    def sharing(self, daemon: Daemon) -> Mapping[str, Any] | None:
        """What its process shares with others, None where there is no such thing or it is not known."""

    def origin(self, key: Key) -> Origin | None:
        """What its process was forked from, None where it has none or was executed."""

    def expire(self, now: float) -> None:
        """Handle what the engine itself waited for until `deadline`."""

    def close(self) -> None:
        """Let go of helpers (the zygotes). Daemons are not touched."""
