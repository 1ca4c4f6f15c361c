"""What the control server asks of the supervisor, as protocols; `supervisor/supervisor.py` is the real one.

Knows neither the supervisor nor a frame: handlers are written against this, and tests give them a fake.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from udaemon.child.slot_reading import SlotReading
from udaemon.engines.zygote.protocol import Origin
from udaemon.errors import UdaemonError
from udaemon.manifest.changes import Changes
from udaemon.manifest.model import Daemon, Manifest
from udaemon.policy.events import KickAsked, PauseAsked, RestartAsked, ResumeAsked, StartAsked, StopAsked
from udaemon.policy.instance import Instance, Key
from udaemon.policy.order import Order

Asked = StartAsked | StopAsked | RestartAsked | PauseAsked | ResumeAsked | KickAsked
"""What an operator can want of an instance."""


class InstanceView(Protocol):
    """All that is known of an instance at one moment."""

    @property
    def key(self) -> Key:
        """Its name and number."""

    @property
    def daemon(self) -> Daemon:
        """What the manifest declares."""

    @property
    def instance(self) -> Instance:
        """What the policy knows of it."""

    @property
    def slot(self) -> SlotReading | None:
        """Its runs, as its own process wrote them down; None when there is nothing to read."""

    @property
    def log(self) -> str:
        """Path of its log file."""

    @property
    def log_state(self) -> str:
        """`ok`, or how the log is in trouble: `blocked (ENOSPC)`."""

    @property
    def last_error(self) -> str | None:
        """The last line of the last error it reported."""


class Notice(Protocol):
    """One thing that happened. `at` is wall time in seconds; `key` is None for the supervisor itself."""

    @property
    def at(self) -> float:
        """When, in seconds of wall time."""

    @property
    def key(self) -> Key | None:
        """To which instance."""

    @property
    def event(self) -> str:
        """The event's word."""

    @property
    def message(self) -> str:
        """What happened, for people."""

    @property
    def data(self) -> Mapping[str, Any]:
        """The facts of it, JSON-able."""


class Host(Protocol):
    """A supervisor as its control socket sees it. Times are monotonic seconds."""

    @property
    def manifest(self) -> Manifest:
        """What is in effect."""

    @property
    def started_at(self) -> float:
        """When it began."""

    @property
    def leaving(self) -> bool:
        """Whether everything is being stopped, and nothing is started any more."""

    def now(self) -> float:
        """The clock of every time in here."""

    def instances(self) -> Sequence[InstanceView]:
        """Every instance as it is now, in the manifest's order."""

    def has(self, key: Key) -> bool:
        """Whether there is such an instance: another manifest may have taken it away."""

    def view(self, key: Key) -> InstanceView:
        """One instance as it is now."""

    @property
    def order(self) -> Order:
        """Who needs whom."""

    def ask(self, keys: Iterable[Key], event: Asked) -> None:
        """Pass on what the operator wants; the states have changed when this returns."""

    def send_signal(self, keys: Iterable[Key], name: str) -> None:
        """Send a signal, by name without SIG, to the processes of some instances."""

    def shut_down(self, *, hurry: bool = False, timeout: float | None = None) -> None:
        """Stop everything, then end."""

    def subscribe(self, subscriber: Callable[[Any], None]) -> Callable[[], None]:
        """Call `subscriber` with every `Notice` from now on. Returns what ends that."""

    def follow_runs(self, follower: Callable[[Key], None]) -> Callable[[], None]:
        """Call `follower` with the instance at the first good run of each process. Returns what ends that."""

    def recent(self) -> Sequence[Notice]:
        """The notices that are remembered, the oldest first."""

    def read_manifest(self, on_read: Callable[[Manifest | UdaemonError], None]) -> None:
        """Read the manifest as it is on disk now, in a process of its own; `on_read` gets it, or what is wrong."""

    def change(self, manifest: Manifest, *, at_once: bool = False) -> Changes:
        """Go by another manifest from now on; the states have changed when this returns.

        Raises:
            UdaemonError: It cannot be; then nothing has changed.
        """

    def reexec(self, told: Callable[[Mapping[str, Any] | UdaemonError], None], *, dry_run: bool = False) -> None:
        """Have the installed code take over; `told` gets the versions right before it does, or why it cannot.

        Raises:
            UdaemonError: Nobody could take over here, whatever is installed.
        """

    def sharing(self, daemon: Daemon) -> Mapping[str, Any] | None:
        """What a daemon's process shares with others; None where its zygote has said nothing.

        `shared` and `unshared` count modules of the project; `own` are the latter, each with line and reason; `loaded`
        says whether a process that starts now finds all of it loaded; `left_out` are modules that its zygote leaves to
        the daemons, as their import harmed or failed, each with the reason.
        """

    def origin(self, key: Key) -> Origin | None:
        """Which zygote an instance's process was forked from, None for one that was not."""

    def common_logs(self) -> Sequence[str]:
        """Paths of the common logs."""
