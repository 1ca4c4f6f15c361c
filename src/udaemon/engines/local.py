"""The engine of this machine: factory daemons forked from zygotes, commands executed, all of them our own children.

Knows nothing of what should run. Starts, reports and exits reach the listener from within the reactor's
callbacks; nothing here waits.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from udaemon.child.lifeline import Lifeline
from udaemon.child.report import RunReport
from udaemon.child.scoreboard import Scoreboard
from udaemon.child.slot_requests import ask_to_stop
from udaemon.engines import locks
from udaemon.engines.base import Listener, Reactor, SpawnRequest
from udaemon.engines.cgroups import Cgroups
from udaemon.engines.commands import ExecFailed, Launcher, Starts
from udaemon.engines.exec_queue import ExecQueue
from udaemon.engines.executing import Executing
from udaemon.engines.fd_store import NO_STORE, FdStore
from udaemon.engines.forking import ForkQueue
from udaemon.engines.local_request import LocalRequest, not_started, take
from udaemon.engines.orphans import Orphans
from udaemon.engines.process import ManagedProcess
from udaemon.engines.reaper import Reaper
from udaemon.engines.reports import Reports, pass_on
from udaemon.engines.spawning import launch
from udaemon.engines.stop_commands import StopCommands
from udaemon.engines.zygote.connection import ZygoteConnection
from udaemon.engines.zygote.pool import ZygotePool
from udaemon.engines.zygote.prefork import PreforkedZygote
from udaemon.engines.zygote.protocol import Origin, Timeouts
from udaemon.engines.zygote.start import Starter
from udaemon.manifest.model import Daemon
from udaemon.policy.events import Spawned
from udaemon.policy.instance import Key
from udaemon.policy.plan import StartPlan, is_forked
from udaemon.policy.reasons import Trouble
from udaemon.system.file_identity import identity
from udaemon.system.kernel import KERNEL, Kernel
from udaemon.waits import earliest


class LocalEngine:
    """Implements `Engine`. This process must be a subreaper, with SIGCHLD at its default or handled.

    Args:
        reactor: The loop.
        listener: Called with each event of an instance.
        project: The project's name, by which processes of ours know themselves.
        lifeline: Ends with whoever our processes shall not outlive; it stays the caller's.
        lock_directory: Has the instances' locks: no lock, no start.
        scoreboard: Has the slots; every child gets the region that has its own.
        nofile: RLIMIT_NOFILE (soft, hard) for daemons, None for our own.
        oom_score: What daemons get, where ours was lowered.
        on_process: Told our pidfd of each process that was made.
        on_notice: Called with a sentence when a zygote is replaced.
        on_good_run: Told of each first good run of a process.
        others: Pids of further children of ours, which are not to be taken for orphans.
        timeouts: After how long a zygote that does not answer is replaced.
        preforked: A zygote that was forked beforehand.
        forks: How many processes of our interpreter are about to be forked; see `Starter`.
        output: Where zygotes write to.
        kernel: Asked for everything about processes.
        launcher: Executes commands; None for one of our own, with these limits.
        store: Keeps the sockets by which children report.
        cgroups: The control groups of instances; None for those below our own.
    """

    def __init__(
        self,
        reactor: Reactor,
        listener: Listener,
        *,
        project: str,
        lifeline: Lifeline,
        lock_directory: str,
        scoreboard: Scoreboard,
        nofile: tuple[int, int] | None = None,
        oom_score: int | None = None,
        on_process: Callable[[Key, int], None] = lambda _key, _pidfd: None,
        on_notice: Callable[[str], None] = lambda _text: None,
        on_good_run: Callable[[Key], None] = lambda _key: None,
        others: Callable[[], Collection[int]] = tuple,
        timeouts: Timeouts = Timeouts(),  # noqa: B008 - it cannot be changed
        preforked: PreforkedZygote | None = None,
        forks: int = 1,
        output: int = 2,
        kernel: Kernel = KERNEL,
        launcher: Starts | None = None,
        store: FdStore = NO_STORE,
        cgroups: Cgroups | None = None,
    ) -> None:
        self.on_run: Callable[[Key, RunReport], None] = lambda _key, _report: None
        self._kernel, self._listener = kernel, listener
        self._on_process, self._lock_directory = on_process, lock_directory
        self._scoreboard, self._lifeline = scoreboard, lifeline
        self._slots: dict[Key, tuple[int, int]] = {}
        self._cgroups = cgroups or Cgroups(project, lock_directory)
        self._launcher = Launcher(nofile, oom_score) if launcher is None else launcher
        self._reports = Reports(
            reactor,
            lambda managed, event: listener(managed.key, event),
            on_good_run=lambda managed: on_good_run(managed.key),
            on_word=partial(pass_on, listener, self._slots),
            on_run=lambda managed, report: self.on_run(managed.key, report),
            store=store,
        )
        self._stop_commands = StopCommands(reactor, listener, self._launcher, kernel)
        self._reaper = Reaper(
            reactor,
            listener,
            self._reports,
            project,
            lambda: (*self._fork_queue.pids, *self._fork_queue.spares, *self._stop_commands.pids, *others()),
            cgroups=self._cgroups,
            kernel=kernel,
        )
        self._reaper.on_leader_end = self._stop_commands.leader_ended
        self._exec_queue = ExecQueue(self._execute, self._refused, kernel)
        self._executing = Executing(reactor, listener, self._reports.listen, timeouts.execute, kernel)
        starter = Starter(preforked, oom_score, forks)
        connect = partial(ZygoteConnection, reactor, starter)
        self._fork_queue = ForkQueue(
            reactor,
            zygotes=partial(ZygotePool, connect, timeouts=timeouts, starter=starter, lifeline=lifeline, output=output),
            board=scoreboard.fd,
            nofile=nofile,
            strangers=self._reaper.strangers,
            knows=self._reaper.knows,
            on_forked=self._forked,
            on_refused=lambda request, why: self._refused(request, ExecFailed(why, Trouble.RESOURCE)),
            on_notice=on_notice,
        )
        self._starts = (self._fork_queue, self._exec_queue, self._executing)
        self._orphans = Orphans(self._reaper.strangers, lambda: self._fork_queue.busy, kernel)

    @property
    def deadline(self) -> float | None:
        """Monotonic time at which `expire` wants to be called, None for never."""
        return earliest(*(part.deadline for part in (*self._starts, self._reaper, self._orphans)))

    def expect(self, starts: Iterable[tuple[Daemon, StartPlan]]) -> None:
        """Get ready for these starts; what that takes is done while they are still being prepared."""
        self._fork_queue.expect(starts)

    def spawn(self, requests: Sequence[SpawnRequest]) -> None:
        """Start these; each gets `Spawned` or `SpawnFailed` later."""
        taken = [request for one in requests if (request := self._taken(one)) is not None]
        self._fork_queue.ask(request for request in taken if is_forked(request.daemon))
        self._exec_queue.add(request for request in taken if not is_forked(request.daemon))

    def cancel(self, key: Key) -> None:
        """Cancel a start that has not begun yet: it gets `SpawnFailed` then."""
        for part in self._starts:
            part.cancel(key)

    def reconfigure(self, key: Key, daemon: Daemon, plan: StartPlan) -> None:
        """Go by this declaration of its daemon from now on, as far as its process need not change for that."""
        if (managed := self._reaper.managed.get(key)) is not None:
            managed.go_by(daemon, *self._slots[key], self._kernel, plan=plan, listener=self._listener)
            self._fork_queue.reconfigure(key, daemon, plan, self._slots[key][0])

    def forget(self, key: Key) -> None:
        """There is no such instance any more: let go of what is kept for it. Nothing of it lives."""
        self._slots.pop(key, None)
        self._reports.errors.pop(key, None)
        self._fork_queue.forget(key)

    def limit_raised(self, nofile: tuple[int, int]) -> None:
        """RLIMIT_NOFILE of this process was raised: what starts from now on gets its former one back."""
        for part in (self._launcher, self._fork_queue):
            part.limit_raised(nofile)

    def signal(self, key: Key, name: str) -> None:
        """Send a signal by pidfd, then CONT. A process that has gone is no error."""
        managed = self._reaper.managed.get(key)
        if managed is None:
            return
        if name == managed.daemon.stop.signal and managed.reports is not None and managed.ended is None:
            # The task may have put a handler of its own in the place of ours.
            ask_to_stop(*self._slots[key], managed.pid)
        self._reaper.signal(managed, signal.Signals[f"SIG{name}"])

    def run_stop_command(self, request: SpawnRequest) -> None:
        """Run a command that asks its own process to end; `StopCommandFailed` where it fails while that lives."""
        self._stop_commands.start(request)

    def signal_tree(self, key: Key, name: str) -> None:
        """The same to its whole session; once it has ended, to what it left behind and to what that leaves behind."""
        if (managed := self._reaper.managed.get(key)) is not None:
            self._reaper.signal_tree(managed, signal.Signals[f"SIG{name}"])

    def kill_tree(self, key: Key) -> None:
        """KILL the process, its session and what re-parented to us from it."""
        if (managed := self._reaper.managed.get(key)) is not None:
            self._stop_commands.kill(key)
            self._reaper.kill(managed)

    def adopt(self, managed: ManagedProcess, slot: tuple[int, int], files: Collection[tuple[int, ...]]) -> None:
        """Follow a process that another supervisor started; see `Reaper.watch` and `Scoreboard.locate`."""
        self._reaper.adopt(managed, files)
        self._slots[managed.key] = slot
        self._reports.listen(managed)

    def pidfd(self, key: Key) -> int | None:
        """A pidfd of its own process, None when there is none. It stays the engine's."""
        managed = self._reaper.managed.get(key)
        return None if managed is None or managed.ended is not None else managed.pidfd

    def last_error(self, key: Key) -> str | None:
        """The last line of the last error that the instance's process reported."""
        return self._reports.errors.get(key)

    def sharing(self, daemon: Daemon, plan: StartPlan) -> Mapping[str, Any] | None:
        """What its process shares with others, None where there is no such thing or it is not known."""
        return self._fork_queue.told_of(daemon, plan)

    def origin(self, key: Key) -> Origin | None:
        """What its process was forked from, None where it has none or was executed."""
        managed = self._reaper.managed.get(key)
        return None if managed is None else managed.origin

    def expire(self, now: float) -> None:
        """Handle what the engine itself waited for until `deadline`."""
        self._reaper.expire()
        for part in (*self._starts, self._orphans):
            part.expire(now)

    def reap_orphans(self) -> None:
        """Reap what re-parented to us and ended; to be called on SIGCHLD."""
        self._orphans.reap()
        self._cgroups.sweep()

    def kill_helpers(self) -> None:
        """Kill helpers (the zygotes); `close` waits for their ends. Daemons are not touched."""
        self._fork_queue.kill()

    def close(self) -> None:
        """Close helpers."""
        for part in (*self._starts, self._reaper, self._stop_commands, self._launcher):
            part.close()

    def _taken(self, request: SpawnRequest) -> LocalRequest | None:
        """Take what the start of one takes, its lock first of all; None where that is not to be had."""
        try:
            return take(request, self._lock_directory, self._scoreboard, self._cgroups)
        except ExecFailed as failed:
            request.close_pipes()
            self._listener(request.key, not_started(failed))
            return None

    def _execute(self, request: LocalRequest) -> None:
        try:
            started, what, ours = launch(request, self._launcher, parent=self._lifeline.fd)
        except Exception as error:  # noqa: BLE001 - faults.md F6: the others of this turn are started all the same
            self._refused(request, error)
            return
        managed = ManagedProcess(
            key=request.key, daemon=request.daemon, pid=started.pid, pidfd=started.pidfd, reports=ours
        )
        if self._follow(managed, request):
            self._executing.watch(managed, what, started)
        elif started.report is not None:
            os.close(started.report)

    def _forked(self, managed: ManagedProcess, request: LocalRequest) -> None:
        if self._follow(managed, request):
            self._reports.listen(managed)
            self._listener(managed.key, Spawned(managed.pid))

    def _follow(self, managed: ManagedProcess, request: LocalRequest) -> bool:
        """Know a process from now on, to its end. One that cannot be watched is killed, and reaped as any orphan."""
        try:
            self._reaper.watch(managed, (locks.identity(request.lock, request.key), *map(identity, request.pipes)))
        except Exception as error:  # noqa: BLE001 - faults.md F6: the others of this turn are started all the same
            managed.drop(self._kernel)
            self._refused(request, error)
            return False
        self._slots[managed.key] = request.board, request.slot
        # Held here too, until the last of its tree has gone: what runs there can close all of its descriptors.
        managed.lock = request.lock
        locks.record(request.lock, managed.key, managed.pid)
        request.close_pipes()
        self._reports.errors.pop(managed.key, None)
        self._on_process(managed.key, managed.pidfd)
        return True

    def _refused(self, request: LocalRequest, error: Exception) -> None:
        """There is no process. What went wrong beside the operator's part is a want of something, and tried again."""
        request.close()
        self._cgroups.ended(request.key, kill=False)
        self._listener(request.key, not_started(error))
