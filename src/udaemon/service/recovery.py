"""Goes on with the instances of a supervisor that was killed: their processes are adopted, their counts and times kept.

Decides nothing: what it finds out about a process becomes an event, and `policy` says what follows. A process is ours
where the keeper has it as a child, or where it was there when the ledger was written and holds the instance's lock; in
doubt it is somebody else's, and is not touched.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from udaemon.child import run_locks
from udaemon.child.scoreboard import Scoreboard
from udaemon.engines import locks
from udaemon.engines.base import Reactor
from udaemon.engines.kept import UNKNOWN, KeptKernel
from udaemon.engines.local import LocalEngine
from udaemon.engines.notify import KEPT_NOTIFY
from udaemon.engines.process import ManagedProcess
from udaemon.engines.reports import KEPT_REPORTS
from udaemon.engines.sweep import Sweep
from udaemon.manifest.evolving import evolve
from udaemon.policy.ending import settle_at
from udaemon.policy.events import Event, Executed, Exited, NeedsChanged, Ready, RunAsked, SpawnFailed
from udaemon.policy.fleet import Fleet
from udaemon.policy.instance import Instance, Key, State, Wanted
from udaemon.policy.ledger import Entry, restored
from udaemon.policy.plan import has_task
from udaemon.policy.reasons import Trouble
from udaemon.policy.steps import declared
from udaemon.policy.timers import NO_TIMERS, Timer
from udaemon.service.keeper_link import Kept
from udaemon.supervisor.log_pipes import LogPipes
from udaemon.supervisor.perform import Performer
from udaemon.supervisor.slots import Slots
from udaemon.system.exit_status import Status
from udaemon.system.process_tree import Relative

_TICKS = os.sysconf("SC_CLK_TCK")
_BORN_UNSEEN = "the supervisor died while it was being started"


class Parts(NamedTuple):
    """What the new supervisor is made of, as far as it is needed here."""

    fleet: Fleet
    engine: LocalEngine
    performer: Performer
    logs: LogPipes
    scoreboard: Scoreboard
    slots: Slots
    reactor: Reactor
    happen: Callable[[Key, Event], None]
    ask: Callable[[Iterable[Key], Event], None]


class Recovery:
    """One recovery, from the first look at the ledger to the last process that may yet be found.

    Args:
        parts: The new supervisor's.
        kernel: Asked about processes.
        locks: The directory of the instances' locks.
        entries: What the ledger says.
        store: What the keeper has kept.
        tell: Called with each that goes on and of which the ledger does not know, and a sentence.

    Raises:
        OSError: There are no descriptors or there is no memory left, without which nothing is known for sure.
    """

    def __init__(
        self,
        parts: Parts,
        kernel: KeptKernel,
        locks: str,
        entries: Mapping[Key, Entry],
        store: Mapping[str, Kept],
        *,
        tell: Callable[[Key, str], None] = lambda _key, _text: None,
    ) -> None:
        self._parts = parts
        self._kernel = kernel
        self._locks = locks
        self._entries = entries
        self._store = store
        self._tell = tell
        self._children = kernel.children()
        if away := self._held_elsewhere():
            kernel.seek(away)
            self._children = kernel.children()
        self._events: list[tuple[Key, Event]] = []
        self._sweep: Sweep | None = None
        self.adopted: list[Key] = []

    @property
    def deadline(self) -> float | None:
        """When what was started and not written down is looked for again, None for never."""
        return None if self._sweep is None else self._sweep.deadline

    def expire(self, now: float) -> None:
        """Look again."""
        if self._sweep is not None:
            self._sweep.expire(now)

    def run(self) -> None:
        """Adopt what lives, and let the instances know what has become of the rest.

        Raises:
            OSError: As above.
        """
        unanswered: list[Key] = []
        without: list[Instance] = []
        for key, known in tuple(self._parts.fleet.instances.items()):
            entry = self._entries.get(key)
            instance = known if entry is None else restored(entry, known.daemon, known.index, known.plan)
            if entry is not None:
                self._parts.fleet.restore(instance)
            if is_unanswered(instance):
                unanswered.append(key)
            elif entry is None or not self._took_up(instance, entry):
                without.append(instance)
        self._look_for_unwritten(without)
        self._end_unseen(unanswered)
        for key, event in sorted(self._events, key=lambda each: not _holds(each[1])):
            self._parts.happen(key, event)
        for key in self._parts.fleet.held_back():
            self._parts.happen(key, NeedsChanged())

    def _held_elsewhere(self) -> Collection[tuple[int, ...]]:
        """The locks that somebody has though the process that had them is no child of ours or of the keeper."""
        keys = [key for key, entry in self._entries.items() if entry.pid not in {None, *self._children}]
        found = {locks.lookup(self._locks, key) for key in keys if locks.is_held(self._locks, key)}
        return {lock for lock in found if lock is not None}

    def _took_up(self, instance: Instance, entry: Entry) -> bool:
        """Adopt its process, or what that left behind. False where the ledger knows of nothing that lives."""
        if entry.pid is not None and (managed := self._managed(instance, entry.pid, entry)) is not None:
            self._adopt(instance, managed)
            self._events += [(instance.key, event) for event in (*self._missed(instance), *self._locks_of(instance))]
        elif instance.survivors:
            self._follow_survivors(instance)
        else:
            return False
        return True

    def _look_for_unwritten(self, without: Collection[Instance]) -> None:
        """What lives of these, the ledger does not know: the disk was full, or the kill came before it was written.

        A lock that is held means alive. The process is noted beside the lock; where that has ended, or is none that
        leads a session, what is there was left behind by it.
        """
        held = self._holders(without)
        for instance in without:
            key, left = instance.key, held.get(instance.key, ())
            pid = locks.noted(self._locks, key) if left else None
            seen = self._kernel.look_at(pid) if pid is not None and pid in left and pid != instance.pid else None
            if seen is not None and seen.session == seen.pid:
                self._take_up_unwritten(instance, seen.pid)
            elif left and instance.daemon.stop.kill_tree:
                gone = evolve(instance, state=State.RUNNING, pid=pid or left[0], timers=NO_TIMERS)
                if instance.pid is None:
                    self._parts.fleet.restore(gone)
                self._follow(instance, UNKNOWN, left)
                self._events.append((key, Exited(survivors=tuple(left))))
            elif instance.pid is not None:
                self._events.append((key, Exited()))

    def _holders(self, instances: Iterable[Instance]) -> Mapping[Key, Sequence[int]]:
        """Those of our children that nobody knows, by the instances whose locks they have."""
        known = {one.pid for key in self.adopted if (one := self._parts.fleet.instances[key]).pid is not None}
        strangers = self._children - known
        found: dict[Key, list[int]] = {}
        if strangers:
            places = {locks.lookup(self._locks, one.key): one.key for one in instances}
            for pid in sorted(strangers):
                for file in places.keys() & self._kernel.open_files(pid):
                    found.setdefault(places[file], []).append(pid)
        return found

    def _take_up_unwritten(self, instance: Instance, pid: int) -> None:
        """A lock that is held means alive: it runs, and more is not known."""
        parts, now = self._parts, self._kernel.now()
        up = evolve(settle_at(instance, State.RUNNING), wanted=Wanted.UP, pid=pid, started_at=now)
        if not has_task(up.daemon):
            up = evolve(up, holds=up.daemon.lock)
        parts.fleet.restore(up)
        reports = self._reports(instance.key, pid)
        pidfd = self._kernel.open(pid)
        managed = ManagedProcess(key=up.key, daemon=declared(up), pid=pid, pidfd=pidfd, reports=reports)
        self._adopt(up, managed)
        self._events += [(up.key, event) for event in (*self._missed(up), *self._locks_of(up))]
        self._tell(up.key, f"pid {pid} goes on; that it had been started was not written down")

    def _managed(self, instance: Instance, pid: int, entry: Entry) -> ManagedProcess | None:
        """The process of an instance, where it is that one yet."""
        try:
            pidfd = self._kernel.open(pid)
        except ProcessLookupError:  # any other error says nothing about the process
            return None
        if not is_same(self._kernel.look_at(pid), entry, children=self._children):
            os.close(pidfd)
            return None
        return ManagedProcess(
            key=instance.key, daemon=declared(instance), pid=pid, pidfd=pidfd, reports=self._reports(instance.key, pid)
        )

    def _reports(self, key: Key, pid: int) -> socket.socket | None:
        kept = self._store.get(f"{KEPT_REPORTS}{key}")
        if kept is None or kept.facts != (str(pid),):
            return None
        reports = socket.socket(fileno=os.dup(kept.fd))
        reports.setblocking(False)
        return reports

    def _adopt(self, instance: Instance, managed: ManagedProcess) -> None:
        parts, key = self._parts, instance.key
        notify = self._store.get(f"{KEPT_NOTIFY}{key}")
        pipes = parts.performer.adopt(instance, None if notify is None else notify.fd)
        files = [file for file in (locks.lookup(self._locks, key), *pipes) if file is not None]
        parts.engine.adopt(managed, parts.scoreboard.locate(parts.slots[key]), files)
        self.adopted.append(key)

    def _missed(self, instance: Instance) -> list[Event]:
        """What may have been said to the dead supervisor in its last moment."""
        if instance.held_up:
            return [Executed()]
        if instance.probed.begun or instance.state is State.RUNNING:
            return [Executed()]  # changes nothing, so that what is asked of it is asked again
        if instance.state is not State.STARTING:
            return []
        seen = self._parts.scoreboard.read_slot(self._parts.slots[instance.key])
        ran = seen is not None and seen.pid == instance.pid and (seen.current_started_at or seen.next_at)
        unheard = f"{KEPT_REPORTS}{instance.key}" not in self._store
        return [Ready()] if ran or unheard else []

    def _locks_of(self, instance: Instance) -> list[Event]:
        """For which run it wants or has its locks: the slot tells it, also where the last word was not taken in."""
        if not (instance.daemon.lock and has_task(instance.daemon)) or instance.pid is None:
            return []
        found = run_locks.asked(*self._parts.scoreboard.locate(self._parts.slots[instance.key]), instance.pid)
        return [] if found is None else [RunAsked(*found)]

    def _follow_survivors(self, instance: Instance) -> None:
        """Its process has ended; what that left behind is found again as what it is, or is found to be gone."""
        end = instance.exit if instance.step is None else instance.step.ended
        status = UNKNOWN if end is None else Status(code=end.code, signal=end.signal, core=end.core)
        self._follow(instance, status, instance.survivors)

    def _follow(self, instance: Instance, ended: Status, survivors: Collection[int]) -> None:
        sessions = [seen.session for pid in survivors if (seen := self._kernel.look_at(pid)) is not None]
        managed = ManagedProcess(
            key=instance.key,
            daemon=declared(instance),
            pid=sessions[0] if sessions else 0,
            pidfd=-1,
            ended=ended,
            killing=instance.killing,
        )
        self._adopt(instance, managed)

    def _end_unseen(self, unanswered: Collection[Key]) -> None:
        """End what was started and not written down any more; it is found by the lock."""
        parts = self._parts
        held = [lock for key in unanswered if (lock := locks.lookup(self._locks, key)) is not None]
        ours = {parts.fleet.instances[key].pid for key in self.adopted}

        def strangers() -> frozenset[int]:
            return self._kernel.children() - ours

        def done(_sweep: Sweep) -> None:
            self._sweep = None
            for key in unanswered:
                parts.happen(key, SpawnFailed(Trouble.RESOURCE, _BORN_UNSEEN))

        self._sweep = Sweep(parts.reactor, strangers, held, done, self._kernel)
        self._sweep.go_on()


def is_unanswered(instance: Instance) -> bool:
    """Whether a start of it was asked for; a step after its end may only wait for its next try."""
    return instance.is_spawning and instance.timers.at(Timer.RETRY) is None


def _holds(event: Event) -> bool:
    """Whether it has locks: that is known before anybody else gets them."""
    return isinstance(event, RunAsked) and event.has is True


def is_same(seen: Relative | None, entry: Entry, *, children: Collection[int] = ()) -> bool:
    """Whether a process is the one that the ledger tells of: it began before that was written.

    That of an instance leads a session, unless it is one of these children and has not come to that yet.
    """
    if seen is None or entry.seen_at is None or (seen.session != seen.pid and seen.pid not in children):
        return False
    return seen.started <= int(entry.seen_at * _TICKS) + 1
