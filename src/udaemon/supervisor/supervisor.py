"""The supervisor: every event goes through the fleet, every effect through the performer, every notice to listeners.

Makes no system call itself, and decides nothing: `policy` does. It is what `control` calls its host.
"""

from __future__ import annotations

import random
import time
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from udaemon.child.scoreboard import Scoreboard
from udaemon.engines.base import Engine
from udaemon.engines.notify import NotifySockets
from udaemon.engines.zygote.protocol import Origin
from udaemon.errors import UdaemonError
from udaemon.manifest.changes import Changes
from udaemon.manifest.model import Daemon, LogFormat, Manifest
from udaemon.policy.effects import Effect, Publish, Reconfigure, Spawn
from udaemon.policy.events import DeadlineReached, Event, Exited, GoodRun, Spawned, SpawnFailed, StartAsked, StopAsked
from udaemon.policy.fleet import Fleet
from udaemon.policy.instance import Key
from udaemon.policy.order import Order
from udaemon.supervisor.chains import Chains
from udaemon.supervisor.changeover import Changeover, MakeRoom
from udaemon.supervisor.event_queue import EventQueue
from udaemon.supervisor.isolation import Isolated
from udaemon.supervisor.legacylog import LegacyLog
from udaemon.supervisor.log_pipes import LogPipes
from udaemon.supervisor.notices import Notice, Notices, Subscriber, one_line
from udaemon.supervisor.perform import Performer
from udaemon.supervisor.pid_queue import PidQueue
from udaemon.supervisor.pidfiles import PidFiles
from udaemon.supervisor.probes import Asks, Probes
from udaemon.supervisor.schedules import Schedules
from udaemon.supervisor.slots import Slots
from udaemon.supervisor.view import InstanceView, facts, living_on
from udaemon.waits import earliest

OnRead = Callable[[Manifest | UdaemonError], None]


class Supervisor:
    """One project's supervisor, whole but for its loop and its sockets.

    `make_room` is called before another manifest comes into effect, `manifest_changed` after it.
    """

    def __init__(
        self,
        manifest: Manifest,
        *,
        fleet: Fleet,
        engine: Engine,
        logs: LogPipes,
        scoreboard: Scoreboard,
        slots: Slots,
        notices: Notices,
        pid_files: PidFiles,
        schedules: Schedules,
        finished: Callable[[], None],
        read_manifest: Callable[[OnRead], None],
        make_room: MakeRoom = lambda _instances, _added: None,
        manifest_changed: Callable[[Manifest], None] = lambda _manifest: None,
        clock: Callable[[], float] = time.monotonic,
        reexec: Callable[..., None] = lambda _told, **_options: None,
        asks: Asks | None = None,
        notify: NotifySockets | None = None,
        beside: Callable[[Key], int | None] = lambda _key: None,
        jitter: random.Random | None = None,
    ) -> None:
        self.manifest = manifest
        self.read_manifest, self.reexec = read_manifest, reexec
        self._clock, self.started_at = clock, clock()
        self._fleet, self._engine, self._logs = fleet, engine, logs
        self._notices, self._scoreboard, self._slots = notices, scoreboard, slots
        performer = partial(Performer, engine, logs, slots=slots, happen=self.happen, bug=self.bug)
        self.performer = performer(notify=notify, beside=beside)
        self._pids = PidQueue(pid_files, lambda key, text: self.publish(key, "warning", text))
        self.finish_pid_files = self._pids.write
        self._schedules, self._finished = schedules, finished
        self._legacy = LegacyLog(lambda key: pid_files.path(fleet.instances[key]))
        self._jitter = jitter or random.Random()  # noqa: S311 - spreads waits, keeps no secret
        self._queue = EventQueue(fleet, self._one, self._clock)
        self._chains = Chains(fleet, slots, self.happen, lambda key: engine.signal(key, "URG"))
        self._probes = Probes(asks, self.happen)
        self.leaving = False  # everything is being stopped
        changeover = partial(Changeover, self, fleet, slots, self.performer, notices, logs=logs)
        self._changeover = changeover(make_room=make_room, changed=manifest_changed)
        self._log_states: dict[str, str] = {}
        self._run_followers: list[Callable[[Key], None]] = []

    @property
    def deadline(self) -> float | None:
        """The earliest moment that any instance waits for, or that starts or pid files are left for."""
        return earliest(self._fleet.next_deadline(), self.performer.deadline, self._pids.deadline)

    def expire(self, now: float) -> None:
        """Let those whose deadline has passed have their event."""
        for key in self._fleet.due(now):
            self.happen(key, DeadlineReached(self._slots.run_seen(self._fleet.instances[key], now)))
        if self._pids.deadline is not None and self._pids.deadline <= now:
            self._pids.write()

    def happen(self, key: Key, event: Event) -> None:
        """Let an event happen to an instance, and do what follows from it."""
        self._queue.happen(key, event)

    def change(self, manifest: Manifest, *, at_once: bool = False) -> Changes:
        """Go by another manifest from now on; with `at_once` no end of a run is waited for.

        Raises:
            UdaemonError: It cannot be; then nothing has changed.
        """
        if self.leaving:
            raise UdaemonError(f"{self.manifest.project} is being stopped")
        changes = self._changeover.change(self.manifest, manifest, at_once=at_once)
        self.manifest = manifest
        self._queue.needs_changed()
        self._chains.arrange()
        if changes:
            self.publish(None, "applied", changes.summary())
        return changes

    def open_common_logs(self) -> tuple[str, ...]:
        """Open the common logs of the manifest that are not open yet. Returns all that are."""
        self._changeover.open_common_logs(self.manifest)
        return self._notices.logs()

    def end_of_turn(self, before_starts: Callable[[], None] = lambda: None) -> None:
        """Start what this turn wanted started; leave when nothing is left to wait for.

        `before_starts` is called before any of it is started: what is about to be is decided by then.
        """
        self.performer.flush(before_starts)
        if self._changeover.let_go():
            self._chains.arrange()
            self._queue.needs_changed()
            self.performer.flush(before_starts)
        if self.leaving and self._fleet.at_rest:
            self._finished()

    def shut_down(self, *, hurry: bool = False, timeout: float | None = None) -> None:
        """Stop everything, then end. A second call can only hurry it."""
        if not self.leaving:
            self.publish(None, "leaving", "stops all daemons")
        self.leaving = True
        self.ask(self._fleet.instances, StopAsked(hurry=hurry, timeout=timeout))

    def ask(self, keys: Iterable[Key], event: Event) -> None:
        """Pass on what the operator wants of some instances. Nothing is started any more while leaving."""
        if not self.leaving or isinstance(event, StopAsked):
            self._queue.ask(tuple(keys), event)

    @property
    def order(self) -> Order:
        """Who needs whom."""
        return self._fleet.order

    def tell_what_lives_on(self) -> None:
        """Report the processes that did not die of KILL: nobody watches them from now on."""
        for key, instance in self._fleet.instances.items():
            if told := living_on(instance):
                self.publish(key, "unkillable", told)

    def autostart(self) -> None:
        """Start all daemons that start by themselves."""
        self._queue.ask([one.key for one in self._fleet.autostarted()], StartAsked())

    def send_signal(self, keys: Iterable[Key], name: str) -> None:
        """Send a signal to the processes of some instances."""
        for key in keys:
            self.performer.signal(key, name)

    def subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        """Call `subscriber` with every notice from now on. Returns what ends that."""
        return self._notices.subscribe(subscriber)

    def follow_runs(self, follower: Callable[[Key], None]) -> Callable[[], None]:
        """Call `follower` with the instance at the first good run of each process. Returns what ends that."""
        self._run_followers.append(follower)
        return lambda: self._run_followers.remove(follower)

    def good_run(self, key: Key) -> None:
        """A process has had its first good run."""
        self.happen(key, GoodRun())
        for follower in tuple(self._run_followers):
            follower(key)

    def recent(self) -> Sequence[Notice]:
        """The notices that are remembered, the oldest first."""
        return self._notices.recent()

    def sharing(self, daemon: Daemon) -> Mapping[str, Any] | None:
        """What a daemon's process shares with others, as far as that is known."""
        first = self._fleet.instances.get(Key(daemon.name, 0))  # there is none where it is scaled to 0
        return None if first is None else self._engine.sharing(daemon, first.plan)

    def origin(self, key: Key) -> Origin | None:
        """Which zygote an instance's process was forked from."""
        return self._engine.origin(key)

    def common_logs(self) -> Sequence[str]:
        """Paths of the common logs."""
        return self._notices.logs()

    def now(self) -> float:
        """Monotonic seconds: the clock of every time in here."""
        return self._clock()

    def instances(self) -> Sequence[InstanceView]:
        """Every instance as it is now, in the manifest's order."""
        return [self.view(key) for key in self._fleet.instances]

    def has(self, key: Key) -> bool:
        """Whether there is such an instance."""
        return key in self._fleet.instances

    def view(self, key: Key) -> InstanceView:
        """One instance as it is now."""
        instance = self._fleet.current(key)
        return InstanceView(
            key=key,
            daemon=instance.daemon,
            instance=instance,
            read_slot=partial(self._scoreboard.read_slot, self._slots[key]),
            log_states=self._log_states,
            last_error=self._engine.last_error(key) or instance.message,
        )

    def write_pid_files(self) -> None:
        """Write the pid files of all that live once more: their directory was taken away."""
        living = ((one, one.own_pid) for one in self._fleet.instances.values() if one.own_pid is not None)
        for instance, pid in living:
            self._pids.started(instance, pid)

    def publish(self, key: Key | None, event: str, message: str, **data: Any) -> None:
        """Publish that something happened."""
        if key is None:
            self._notices.publish(None, event, message, data)
            return
        daemon = self._fleet.instances[key].daemon
        form = self._legacy.entries if daemon.log.format is LogFormat.LEGACY else one_line
        self._notices.publish(key, event, message, data, daemon.common_log, form=form)

    def log_state(self, stream: int, state: str) -> None:
        """A log got into trouble, or out of it."""
        path = self._logs.path(stream)
        self._log_states[path] = state
        self._notices.publish(None, "log", f"{path} is {state}", {"log": path, "log_state": state})

    def bug(self, what: str) -> None:
        """Log the exception that is being handled: a bug must harm only what it belongs to."""
        self._notices.publish(None, "bug", f"in {what}: {traceback.format_exc()}", {})

    def _one(self, key: Key, event: Event) -> None:
        isolated = Isolated(key, self.bug)
        with isolated:
            self._note(key, event)
        effects: tuple[Effect, ...] = ()
        with isolated:
            before = self._fleet.instances[key]
            effects = self._fleet.step(key, event, self._clock(), self._jitter.uniform(-1.0, 1.0))
            self._queue.has_happened(before)
            after = self._fleet.instances[key]
            self._schedules.follow(before, after)
            self._probes.look(after)
        for effect in effects:  # one that cannot be done must not cost the next: a start after a word of it, a kill
            with isolated:
                self._perform(key, effect)

    def _note(self, key: Key, event: Event) -> None:
        self._chains.note(key, event)
        if isinstance(event, Exited):
            self._pids.gone(key)
        elif isinstance(event, Spawned):
            instance = self._fleet.instances[key]
            self.performer.spawned(instance, event.pid)
            if instance.step is None:
                self._pids.started(instance, event.pid)
        elif isinstance(event, SpawnFailed):
            self._logs.not_spawned(key)
            self._pids.gone(key)  # one that was held up had one

    def _perform(self, key: Key, effect: Effect) -> None:
        instance = self._fleet.instances[key]
        if isinstance(effect, Publish):
            self.publish(key, effect.event, effect.message, **facts(instance))
            return
        if isinstance(effect, Spawn) and instance.step is None:
            self._pids.starts(key)
        if isinstance(effect, Reconfigure) and instance.own_pid is not None:
            self._pids.renamed(instance, instance.own_pid)
        self.performer.perform(instance, effect)
