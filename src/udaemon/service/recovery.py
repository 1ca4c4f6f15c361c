"""Goes on with the instances of a supervisor that was killed: their processes are adopted, their counts and times kept.

Decides nothing: what it finds out about a process becomes an event, and `policy` says what follows. A process is ours
where the keeper has it as a child, or where it was there when the ledger was written and holds the instance's lock; in
doubt it is somebody else's, and is not touched.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

from udaemon.child import run_locks
from udaemon.child.scoreboard import Scoreboard
from udaemon.engines import locks
from udaemon.engines.base import Reactor
from udaemon.engines.local import LocalEngine
from udaemon.engines.notify import KEPT_NOTIFY
from udaemon.engines.process import ManagedProcess
from udaemon.engines.reports import KEPT_REPORTS
from udaemon.engines.sweep import Sweep
from udaemon.policy.events import Event, Executed, Exited, NeedsChanged, Ready, RunAsked, SpawnFailed, TreeGone, Trouble
from udaemon.policy.fleet import Fleet
from udaemon.policy.instance import Instance, Key, State
from udaemon.policy.ledger import Entry, restored
from udaemon.policy.plan import has_task
from udaemon.policy.steps import declared
from udaemon.service.keeper_link import Kept
from udaemon.supervisor.perform import Performer
from udaemon.supervisor.slots import Slots
from udaemon.system import procfs
from udaemon.system.exit_status import Status
from udaemon.system.kernel import Kernel

_TICKS = os.sysconf("SC_CLK_TCK")
_BORN_UNSEEN = "the supervisor died while it was being started"


class Parts(NamedTuple):
    """What the new supervisor is made of, as far as it is needed here."""

    fleet: Fleet
    engine: LocalEngine
    performer: Performer
    scoreboard: Scoreboard
    slots: Slots
    reactor: Reactor
    happen: Callable[[Key, Event], None]


class Recovery:
    """One recovery, from the first look at the ledger to the last process that may yet be found.

    Args:
        parts: The new supervisor's.
        kernel: Asked about processes.
        locks: The directory of the instances' locks.
        entries: What the ledger says.
        store: What the keeper has kept.
    """

    def __init__(
        self,
        parts: Parts,
        kernel: Kernel,
        locks: str,
        entries: Mapping[Key, Entry],
        store: Mapping[str, Kept],
    ) -> None:
        self._parts = parts
        self._kernel = kernel
        self._locks = locks
        self._entries = entries
        self._store = store
        self._children = kernel.children()
        self._events: list[tuple[Key, Event]] = []
        self._sweep: Sweep | None = None
        self.adopted: list[Key] = []

    def run(self) -> None:
        """Adopt what lives, and let the instances know what has become of the rest."""
        unanswered: list[Key] = []
        for key, known in tuple(self._parts.fleet.instances.items()):
            if (entry := self._entries.get(key)) is not None:
                instance = restored(entry, known.daemon, known.index, known.plan)
                self._parts.fleet.restore(instance)
                if instance.is_spawning:
                    unanswered.append(key)
                else:
                    self._take_up(instance, entry)
        self._end_unseen(unanswered)
        for key, event in sorted(self._events, key=lambda each: not _holds(each[1])):
            self._parts.happen(key, event)
        for key in self._parts.fleet.held_back():
            self._parts.happen(key, NeedsChanged())

    def _take_up(self, instance: Instance, entry: Entry) -> None:
        if instance.pid is not None:
            managed = self._managed(instance, instance.pid, entry)
            if managed is None:
                self._events.append((instance.key, Exited()))
            else:
                self._adopt(instance, managed)
                self._events += [(instance.key, event) for event in self._missed(instance)]
                self._events += [(instance.key, event) for event in self._locks_of(instance)]
        elif instance.survivors:
            self._follow_survivors(instance)

    def _managed(self, instance: Instance, pid: int, entry: Entry) -> ManagedProcess | None:
        """The process of an instance, where it is that one yet."""
        try:
            pidfd = self._kernel.open(pid)
        except OSError:
            return None
        stat = procfs.stat(pid)
        if stat is None or pid not in self._children or not _began_by(stat.started, entry.seen_at):
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
        """Its process has ended; what that left behind is found again as what it is."""
        end = instance.exit if instance.step is None else instance.step.ended
        if end is None or not self._children.intersection(instance.survivors):
            self._events.append((instance.key, TreeGone()))
            return
        sessions = [stat.session for pid in instance.survivors if (stat := procfs.stat(pid)) is not None]
        managed = ManagedProcess(
            key=instance.key,
            daemon=declared(instance),
            pid=sessions[0] if sessions else 0,
            pidfd=-1,
            ended=Status(code=end.code, signal=end.signal, core=end.core),
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


def _holds(event: Event) -> bool:
    """Whether it has locks: that is known before anybody else gets them."""
    return isinstance(event, RunAsked) and event.has is True


def _began_by(started: int, seen_at: float | None) -> bool:
    """Whether a process that began in this clock tick is the one that was seen then."""
    return seen_at is not None and started <= int(seen_at * _TICKS) + 1
