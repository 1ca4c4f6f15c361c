"""Carries out effects through an engine.

Decides nothing: what cannot be done comes back as an event.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from contextlib import suppress

from udaemon.engines.base import CANCELLED, Engine, SpawnRequest
from udaemon.engines.notify import NotifySockets, listens, told_of_socket
from udaemon.logs.answers import Answer
from udaemon.manifest.model import Daemon
from udaemon.policy.effects import (
    CancelSpawn,
    Effect,
    KillTree,
    Publish,
    Reconfigure,
    Signal,
    SignalTree,
    Spawn,
    StopCommand,
)
from udaemon.policy.events import Event, SpawnFailed, StopCommandFailed
from udaemon.policy.instance import Instance, Key
from udaemon.policy.reasons import Trouble
from udaemon.policy.steps import declared, stop_command
from udaemon.supervisor.chains import told_of_run
from udaemon.supervisor.log_lines import said
from udaemon.supervisor.log_pipes import LogPipes
from udaemon.supervisor.slots import Slots
from udaemon.system import oserror

_AT_ONCE = 100
"""Starts of one turn: with a thousand, the first are forked while the others are prepared, and operators are heard."""


class Performer:
    """Gathers the starts of a turn, so that a zygote can fork them in one go.

    Args:
        engine: Makes the processes.
        logs: Makes their log pipes.
        slots: The scoreboard slot of each instance.
        notify: Makes the sockets of those that say themselves that they are ready or well.
        beside: Returns the pid of a `udaemon run` of an instance, wherever its locks are.
        happen: Called with `SpawnFailed` for a start that cannot even be requested.
        bug: Called inside the handler of an exception that is a bug, with what it belongs to.
    """

    def __init__(
        self,
        engine: Engine,
        logs: LogPipes,
        *,
        slots: Slots,
        beside: Callable[[Key], int | None] = lambda _key: None,
        notify: NotifySockets | None = None,
        happen: Callable[[Key, Event], None],
        bug: Callable[[str], None],
    ) -> None:
        self._engine, self._logs = engine, logs
        self._slots = slots
        self._beside = beside
        self._notify = notify
        self._happen, self._bug = happen, bug
        self._wanted: list[Instance] = []
        self._started_as: dict[Key, Daemon] = {}

    @property
    def deadline(self) -> float | None:
        """When `flush` wants to be called: at once where it has left any."""
        return 0.0 if self._wanted else None

    def perform(self, instance: Instance, effect: Effect) -> None:
        """Do what is to be done about an instance. To publish it is the caller's part."""
        match effect:
            case Spawn():
                self.spawn(instance)
            case CancelSpawn():
                self.cancel(instance.key)
            case Signal(name):
                self.signal(instance.key, name)
            case StopCommand():
                self._run_stop_command(instance)
            case SignalTree(name):
                self._engine.signal_tree(instance.key, name)
            case KillTree():
                self._engine.kill_tree(instance.key)
            case Reconfigure():
                self.reconfigure(instance)
            case Publish():
                pass
            case _ if self._slots.ask(instance, effect):
                self._engine.signal(instance.key, "URG")  # it looks at its slot

    def _run_stop_command(self, instance: Instance) -> None:
        """It writes to the daemon's log, by a pipe of its own."""
        key, daemon = instance.key, stop_command(instance)
        try:
            output = self._logs.open_beside(instance)
        except OSError as error:
            self._happen(key, StopCommandFailed(f"has no log pipe: {oserror.named_reason(error)}"))
            return
        self._engine.run_stop_command(
            SpawnRequest(key=key, daemon=daemon, plan=instance.plan, slot=self._slots[key], output=output)
        )

    def spawn(self, instance: Instance) -> None:
        """Start it with the others of this turn."""
        self._wanted.append(instance)

    def cancel(self, key: Key) -> None:
        """Cancel a start that has not begun yet."""
        gathered = [instance for instance in self._wanted if instance.key == key]
        if not gathered:
            self._engine.cancel(key)
            return
        self._wanted = [instance for instance in self._wanted if instance.key != key]
        self._refuse(key, CANCELLED)

    def forget(self, key: Key) -> None:
        """There is no such instance any more."""
        self._engine.forget(key)
        self._logs.forget(key)
        self._started_as.pop(key, None)

    def signal(self, key: Key, name: str) -> None:
        """Send a signal to its own process."""
        self._engine.signal(key, name)

    def spawned(self, instance: Instance, pid: int) -> None:
        """Let the logger know the process behind a log pipe: its pid is in some lines.

        Where the declaration has changed while the process was on its way, it is told so.
        """
        self._logs.spawned(instance.key, pid)
        started_as = self._started_as.pop(instance.key, instance.daemon)
        if started_as is not instance.daemon and started_as != instance.daemon:
            self.reconfigure(instance)

    def reconfigure(self, instance: Instance) -> None:
        """Have its process and its log go by the present declaration, as far as they can."""
        self._engine.reconfigure(instance.key, declared(instance), instance.plan)
        self._logs.change(instance)

    def guard(self, key: Key, pidfd: int) -> None:
        """Let the logger end a process of this machine should we die."""
        try:
            self._logs.guard(key, pidfd)
        except Exception:  # noqa: BLE001 - faults.md F6: whoever tells us of it has others to tell of
            self._bug(str(key))

    def heard(self, answer: Answer) -> None:
        """Let an instance know of a line of its process; what a former process has written says nothing."""
        for key in self._logs.whose(answer.number):
            self._happen(key, said(answer))

    def adopt(self, instance: Instance, notify: int | None = None) -> tuple[tuple[int, int], ...]:
        """Know the log pipes of a process that another supervisor started. Returns device and inode of each.

        Args:
            instance: Whose process it is.
            notify: The socket where it is heard, if that was kept.
        """
        if self._notify is not None and listens(declared(instance)):
            with suppress(OSError):  # it is not heard then
                if notify is None:
                    self._notify.open(instance.key, self._slots[instance.key])
                else:
                    self._notify.inherit(instance.key, os.dup(notify))
        if instance.pid is not None:
            self._logs.spawned(instance.key, instance.pid)
        return self._logs.identities(instance.key)

    def flush(self, before: Callable[[], None] = lambda: None) -> None:
        """Ask the engine for the starts that were gathered, and for those that follow from them at once.

        After so many the rest has the next turn. `before` is called before any is asked for, each time.
        """
        left = _AT_ONCE
        while self._wanted and left:
            before()
            wanted, self._wanted = self._wanted[:left], self._wanted[left:]
            left -= len(wanted)
            requests = [request for instance in wanted if (request := self._prepared(instance)) is not None]
            if requests:
                self._engine.spawn(requests)

    def _prepared(self, instance: Instance) -> SpawnRequest | None:
        """Prepare one; a bug that it brings out costs the others of this turn nothing, and it is tried again."""
        try:
            return self._prepare(instance)
        except Exception as error:  # noqa: BLE001 - faults.md F6: isolate it to this daemon
            self._bug(str(instance.key))
            self._refuse(instance.key, f"cannot be started: {error!r}")
            return None

    def _prepare(self, instance: Instance) -> SpawnRequest | None:
        """Open its log pipe."""
        key = instance.key
        if (pid := self._beside(key)) is not None:
            self._refuse(key, f"another copy runs, by udaemon run: pid {pid}")
            return None
        socket, daemon = None, declared(instance)
        try:
            if self._notify is not None and listens(daemon):
                socket = self._notify.open(key, self._slots[key])
            pipes = self._logs.open(instance)
        except OSError as error:
            what = "notify socket" if socket is None and listens(daemon) else "log pipe"
            message = f"{what} cannot be made: {oserror.named_reason(error)}"
            if error.errno == errno.ENAMETOOLONG:  # it will be too long the next time, too
                self._happen(key, SpawnFailed(Trouble.CONFIG, f"{message}: {error.filename}"))
            else:
                self._refuse(key, message)
            return None
        self._started_as[key] = instance.daemon
        if socket is not None:
            daemon = told_of_socket(daemon, socket)
        daemon = told_of_run(daemon, instance.after)
        return SpawnRequest(key=key, daemon=daemon, plan=instance.plan, slot=self._slots[key], **pipes)

    def _refuse(self, key: Key, message: str) -> None:
        self._happen(key, SpawnFailed(Trouble.RESOURCE, message))
