"""A host for the control server's tests: the real policy, no process; a test says what happens to an instance.

Knows no clock but its own, which only the test moves.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from attrs import frozen

from udaemon.child.slot_reading import SlotReading
from udaemon.engines.zygote.protocol import Origin
from udaemon.errors import UdaemonError
from udaemon.manifest.changes import Changes, compare
from udaemon.manifest.model import Daemon, Manifest
from udaemon.policy.effects import Publish, Signal, Spawn
from udaemon.policy.events import Changed, Event, Exited, Ready, Spawned, SpawnFailed, StartAsked, StopAsked
from udaemon.policy.fleet import Fleet
from udaemon.policy.instance import Instance, Key
from udaemon.policy.order import Order
from udaemon.policy.plan import NO_PLAN
from udaemon.policy.reasons import Trouble

WALL = 1_795_528_800.0
"""2026-11-24T14:00:00Z: the wall time at which a fake host's clock says 1000."""


@frozen
class FakeNotice:
    at: float
    key: Key | None
    event: str
    message: str
    data: Mapping[str, Any]


@frozen(kw_only=True)
class FakeView:
    key: Key
    daemon: Daemon
    instance: Instance
    slot: SlotReading | None
    log: str
    log_state: str
    last_error: str | None


def reading(pid: int, **known: Any) -> SlotReading:
    """A slot's reading with what is not named left empty."""
    empty = SlotReading(pid, 0, 0, 0, None, None, None, None, None, None, None, None, None)
    return empty._replace(**known)


def manifest(*daemons: Daemon, project: str = "shop", context: str = "") -> Manifest:
    return Manifest(
        file="/srv/shop/udaemon.toml",
        directory="/srv/shop",
        project=project,
        context=context,
        daemons={daemon.name: daemon for daemon in daemons},
    )


class FakeHost:
    """Implements `control.host.Host`. `asked`, `sent` and `spawned` record what was wanted of it."""

    def __init__(self, *daemons: Daemon, context: str = "") -> None:
        self.manifest = manifest(*daemons, context=context)
        self.reexecs: list[bool] = []
        self.replacement: Mapping[str, Any] | UdaemonError = {"from": "0.1.0", "to": {"version": "0.2.0", "ledger": 1}}
        self.started_at = 1000.0
        self.clock = 1000.0
        self.asked: list[tuple[tuple[Key, ...], Event]] = []
        self.sent: list[tuple[Key, str]] = []
        self.spawned: list[Key] = []
        self.run_followers: list[Callable[[Key], None]] = []
        self.changed: list[tuple[Manifest, bool]] = []
        self.refuses: UdaemonError | None = None
        self.down: list[tuple[bool, float | None]] = []
        self.readers: list[Callable[[Manifest | UdaemonError], None]] = []
        self.slots: dict[Key, SlotReading] = {}
        self.errors: dict[Key, str] = {}
        self.log_states: dict[Key, str] = {}
        self.subscribers: list[Callable[[Any], None]] = []
        self.on_subscribe: Callable[[], None] = lambda: None
        self._recent: deque[FakeNotice] = deque(maxlen=100)
        self._fleet = Fleet(self.manifest)

    @property
    def leaving(self) -> bool:
        return bool(self.down)

    def now(self) -> float:
        return self.clock

    def instances(self) -> Sequence[FakeView]:
        return [self.view(key) for key in self._fleet.instances]

    def has(self, key: Key) -> bool:
        return key in self._fleet.instances

    def view(self, key: Key) -> FakeView:
        instance = self._fleet.instances[key]
        return FakeView(
            key=key,
            daemon=instance.daemon,
            instance=instance,
            slot=self.slots.get(key),
            log=self.manifest.log_path(instance.daemon),
            log_state=self.log_states.get(key, "ok"),
            last_error=self.errors.get(key),
        )

    @property
    def order(self) -> Order:
        return self._fleet.order

    def ask(self, keys: Iterable[Key], event: Event) -> None:
        these = tuple(keys)
        self.asked.append((these, event))
        if self.down and not isinstance(event, StopAsked):
            return
        for key in these:
            self.happen(key, event)

    def send_signal(self, keys: Iterable[Key], name: str) -> None:
        self.sent += [(key, name) for key in keys]

    def shut_down(self, *, hurry: bool = False, timeout: float | None = None) -> None:
        self.down.append((hurry, timeout))
        self.ask(self._fleet.instances, StopAsked(hurry=hurry, timeout=timeout))

    def subscribe(self, subscriber: Callable[[Any], None]) -> Callable[[], None]:
        self.subscribers.append(subscriber)
        self.on_subscribe()
        return lambda: self.subscribers.remove(subscriber)

    def follow_runs(self, follower: Callable[[Key], None]) -> Callable[[], None]:
        self.run_followers.append(follower)
        return lambda: self.run_followers.remove(follower)

    def good_run(self, key: Key) -> None:
        for follower in tuple(self.run_followers):
            follower(key)

    def recent(self) -> Sequence[FakeNotice]:
        return tuple(self._recent)

    def read_manifest(self, on_read: Callable[[Manifest | UdaemonError], None]) -> None:
        self.readers.append(on_read)

    def change(self, manifest: Manifest, *, at_once: bool = False) -> Changes:
        if self.refuses is not None:
            raise self.refuses
        before = self.manifest
        self.manifest = manifest
        self.changed.append((manifest, at_once))
        for daemon in manifest.daemons.values():
            for index in range(daemon.instances):
                key = Key(daemon.name, index)
                if key in self._fleet.instances:
                    self.happen(key, Changed(daemon, NO_PLAN, at_once))
                else:
                    self._fleet.add(daemon, index)
                    self.happen(key, StartAsked())
        for key in self._fleet.instances:
            if key.name not in manifest.daemons or key.index >= manifest.daemons[key.name].instances:
                self.happen(key, StopAsked(after_run=not at_once))
        return compare(before, manifest)

    def reexec(self, told: Callable[[Mapping[str, Any] | UdaemonError], None], *, dry_run: bool = False) -> None:
        self.reexecs.append(dry_run)
        told(self.replacement)

    def sharing(self, daemon: Daemon) -> Mapping[str, Any] | None:
        if not daemon.factory:
            return None
        own = [["jobs.mail", 7, "calls open"]]
        return {"shared": 3, "unshared": 1, "own": own, "loaded": True, "left_out": {"grpc": "it started a thread"}}

    def origin(self, key: Key) -> Origin | None:
        return Origin(900, "slow was being imported") if self.view(key).daemon.factory else None

    def common_logs(self) -> Sequence[str]:
        return ("/srv/shop/log/events.log",)

    def take_away(self, key: Key) -> None:
        """Another manifest does not have it any more, and its start has come to nothing."""
        self._fleet.step(key, StopAsked(), self.clock)
        self._fleet.step(key, SpawnFailed(Trouble.RESOURCE, ""), self.clock)
        self._fleet.remove(key)
        self.tell(key, "removed", "is declared no more")

    def happen(self, key: Key, event: Event) -> None:
        """Let something happen to an instance, as an engine or an operator would."""
        for effect in self._fleet.step(key, event, self.clock):
            match effect:
                case Publish(word, message):
                    self.tell(key, word.value, message)
                case Spawn():
                    self.spawned.append(key)
                case Signal(name):
                    self.sent.append((key, name))
                case _:
                    pass

    def tell(self, key: Key | None, event: str, message: str) -> None:
        notice = FakeNotice(WALL + self.clock - 1000.0, key, event, message, {})
        self._recent.append(notice)
        for subscriber in tuple(self.subscribers):
            subscriber(notice)

    def run(self, key: Key, pid: int) -> None:
        """Bring an instance up as `pid`."""
        self.happen(key, StartAsked())
        self.forked(key, pid)

    def forked(self, key: Key, pid: int) -> None:
        """Answer a spawn."""
        self.happen(key, Spawned(pid))
        if self._fleet.instances[key].daemon.factory is not None:
            self.happen(key, Ready())

    def dies(self, key: Key, code: int | None = None, signal: int | None = None, message: str | None = None) -> None:
        """End an instance's process."""
        self.happen(key, Exited(code=code, signal=signal, message=message))
