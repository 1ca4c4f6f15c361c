"""Reaps processes: the exit status, what the leader left behind, and when each is reaped.

Knows nothing of how they began. Ends of one turn of the loop are looked at together, so that one list of our children
serves them all; only when that shows a stranger is /proc read further.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from functools import partial

from udaemon.engines.base import LOOK_AGAIN, Listener, Reactor
from udaemon.engines.cgroups import Cgroups
from udaemon.engines.lineage import Lineage
from udaemon.engines.process import ManagedProcess
from udaemon.engines.reports import Reports
from udaemon.policy.events import Exited, Spawned, TreeGone
from udaemon.policy.instance import Key
from udaemon.policy.reasons import Reason
from udaemon.system.cgroup import Hierarchy
from udaemon.system.exit_status import Status
from udaemon.system.fd_reserve import FdReserve
from udaemon.system.kernel import KERNEL, Kernel
from udaemon.system.process_tree import Relative


class Reaper:
    """Watches every process to its end, and what it leaves behind to the end of that.

    Args:
        reactor: Where pidfds are watched.
        listener: Called with `Exited` and `TreeGone`.
        reports: The reports of children.
        project: Marks what is ours in an environment.
        excluded: Pids of children of ours that are no daemon.
        cgroups: The control groups of instances, None where they have none.
        kernel: Asked for everything about processes.
    """

    def __init__(
        self,
        reactor: Reactor,
        listener: Listener,
        reports: Reports,
        project: str,
        excluded: Callable[[], Collection[int]],
        *,
        cgroups: Cgroups | None = None,
        kernel: Kernel = KERNEL,
    ) -> None:
        self.deadline: float | None = None
        self.managed: dict[Key, ManagedProcess] = {}
        self._reactor, self._listener = reactor, listener
        self._reports = reports
        self._excluded = excluded
        self.on_leader_end: Callable[[ManagedProcess], None] = lambda _managed: None
        self._kernel = kernel
        self._lineage = Lineage(project, kernel.open_files, kernel.environ)
        self._ended: list[ManagedProcess] = []
        self._thinned: dict[Key, None] = {}
        self._pids: set[int] = set()
        self._reserve = FdReserve()
        self._cgroups = cgroups or Cgroups(project, "", Hierarchy(None))

    def watch(self, managed: ManagedProcess, files: Collection[tuple[int, ...]]) -> None:
        """Follow a process that was just born; `files` are those that it has open and nobody else.

        Where that cannot be, nothing has changed.
        """
        self._reactor.watch(managed.pidfd, partial(self._on_end, managed))
        self.managed[managed.key] = managed
        self._lineage.add(managed.key, managed.pid, files)
        self._pids.add(managed.pid)

    def adopt(self, managed: ManagedProcess, files: Collection[tuple[int, ...]]) -> None:
        """Follow one that somebody else has forked. One that has ended left something behind, which is found now."""
        if managed.ended is None:
            self.watch(managed, files)
            return
        self.managed[managed.key] = managed
        self._lineage.add(managed.key, managed.pid, files)
        self._thinned[managed.key] = None
        self._soon()

    def signal(self, managed: ManagedProcess, number: int) -> None:
        """Send its own process a signal, and have it go on in case it was stopped."""
        if managed.ended is None:
            self._kernel.signal(managed.pidfd, number)

    def signal_tree(self, managed: ManagedProcess, number: int) -> None:
        """The same to all of its session, or to what it left behind.

        A program that has a parent yet is left to that: it may be a worker, which its own supervisor asks to end.
        """
        if managed.ended is not None:
            managed.asked = number
            for pid, pidfd in managed.survivors.items():
                self._ask(managed, self._kernel.look_at(pid), pidfd)
            return
        managed.told_at = self._kernel.ticks()
        orphans: Collection[int] = ()
        with suppress(OSError):  # no memory for the list; the group at least is told
            orphans = self.strangers()
        managed.told = self._kernel.signal_session(managed.pid, number, orphans)

    def kill(self, managed: ManagedProcess) -> None:
        """Kill the process with its group, or what it left behind with theirs."""
        managed.killing = True
        if managed.daemon.stop.kill_tree:
            self._cgroups.kill(managed.key)
        if managed.ended is None:
            if managed.daemon.stop.kill_tree:
                self._kernel.kill_group(managed.pid)
            self._kernel.send(managed.pidfd, signal.SIGKILL)
        for pid, pidfd in managed.survivors.items():
            self._kernel.kill_group_of(pid)
            self._kernel.send(pidfd, signal.SIGKILL)

    def strangers(self) -> frozenset[int]:
        """Children of ours that are not known: orphans.

        Raises:
            OSError: They cannot be listed for want of memory.
        """
        with self._reserve.lent():
            found = self._kernel.children()
        return found - self._pids - frozenset(self._excluded())

    def knows(self, pid: int) -> bool:
        """Whether this child of ours is known."""
        return pid in self._pids or pid in self._excluded()

    def expire(self) -> None:
        """Look at all that ended in this turn. What goes wrong with one is raised when all have been looked at."""
        self.deadline = None
        if not self._ended and not self._thinned:
            return
        try:
            left = self._left_behind()
        except OSError:  # nobody who ended is forgotten over it
            self.deadline = self._kernel.now() + LOOK_AGAIN
            return
        ended, self._ended = self._ended, []
        thinned, self._thinned = self._thinned, {}
        errors: list[Exception] = []
        for managed in ended:
            try:
                self._exited(managed, left.get(managed.key, []))
            except Exception as error:  # noqa: BLE001 - faults.md F6: it is this one's alone
                errors.append(error)
                if managed.ended is None:
                    self._ended.append(managed)
        for key in thinned:
            try:
                if (thin := self.managed.get(key)) is not None and thin.ended is not None:
                    self._keep_up(thin, left.get(key, []))
            except Exception as error:  # noqa: BLE001 - see above
                errors.append(error)
                self._thinned[key] = None
        if self._ended or self._thinned:
            self.deadline = self._kernel.now() + LOOK_AGAIN
        if errors:
            raise errors[0]

    def close(self) -> None:
        """Close all descriptors. No process is killed."""
        for managed in self.managed.values():
            for pidfd in (*managed.survivors.values(), *([managed.pidfd] if managed.ended is None else [])):
                self._reactor.forget(pidfd)
                os.close(pidfd)
            self._reports.drain(managed)
            managed.unlock()
        self.managed.clear()
        self._reserve.close()

    def _soon(self) -> None:
        self.deadline = self._kernel.now()

    def _on_end(self, managed: ManagedProcess) -> None:
        if self._kernel.peek(managed.pidfd) is None:
            return
        self._reactor.forget(managed.pidfd)
        self.on_leader_end(managed)
        self._ended.append(managed)
        self._soon()

    def _left_behind(self) -> dict[Key, list[Relative]]:
        found: dict[Key, list[Relative]] = {}
        strangers = self.strangers()
        with self._reserve.lent():
            for pid in strangers:
                relative = self._kernel.look_at(pid)
                if relative is None or relative.zombie:
                    continue
                key = self._lineage.owner(relative)
                if key is not None:
                    found.setdefault(key, []).append(relative)
        return found

    def _exited(self, managed: ManagedProcess, left: Iterable[Relative]) -> None:
        self._reports.drain(managed)
        follow = [*left] if managed.daemon.stop.kill_tree else []
        if follow and managed.killing:
            # Before it is reaped: as long as it is a zombie, its pid can name no other group.
            self._kernel.kill_group(managed.pid)
        status = self._kernel.reap(managed.pidfd)
        assert status is not None
        managed.ended = status
        self._pids.discard(managed.pid)
        try:
            os.close(managed.pidfd)
            self._follow(managed, follow)
        finally:  # it has ended, whatever else is amiss
            self._tell_end(managed, status)

    def _tell_end(self, managed: ManagedProcess, status: Status) -> None:
        left = (*managed.survivors, *managed.missed)
        killed = status.signal == signal.SIGKILL and not managed.killing
        oom = self._cgroups.out_of_memory(managed.key, managed.daemon, killed=killed)
        if not left:
            self._forget(managed)
        if managed.refusal is not None:
            if not left:
                self._listener(managed.key, managed.refusal)
                return
            # It was called off too late: its program began, or there would be nothing left of it.
            self._listener(managed.key, Spawned(managed.pid))
        said = managed.leaving
        reason, message = (None, None) if said is None else (Reason(said.reason), said.message)
        if oom is not None and said is None:
            reason, message = Reason.OOM, oom
        self._listener(
            managed.key,
            Exited(
                code=status.code,
                signal=status.signal,
                core=status.core,
                reason=reason,
                message=message,
                survivors=left,
            ),
        )

    def _keep_up(self, managed: ManagedProcess, left: Iterable[Relative]) -> None:
        """Some of what it left behind has ended; its children are ours now."""
        managed.missed.clear()
        self._follow(managed, left)
        if not managed.survivors and not managed.missed:
            self._forget(managed)
            self._listener(managed.key, TreeGone())

    def _follow(self, managed: ManagedProcess, left: Iterable[Relative]) -> None:
        for relative in left:
            try:
                pidfd = self._kernel.open(relative.pid)
            except ProcessLookupError:
                continue
            except OSError:  # there is no descriptor to follow it by; what it leaves behind in its turn is found later
                self._kernel.kill(relative.pid)
                managed.missed.add(relative.pid)
                self._thinned[managed.key] = None
                continue
            managed.survivors[relative.pid] = pidfd
            self._pids.add(relative.pid)
            if relative.session not in {self._kernel.session(), *self._excluded()}:
                self._lineage.adopt(managed.key, relative)
            self._reactor.watch(pidfd, partial(self._on_survivor_end, managed, relative.pid))
            if managed.killing:
                self._kernel.kill_group_of(relative.pid)
                self._kernel.send(pidfd, signal.SIGKILL)
            else:
                self._ask(managed, relative, pidfd)

    def _on_survivor_end(self, managed: ManagedProcess, pid: int) -> None:
        pidfd = managed.survivors[pid]
        if self._kernel.reap(pidfd) is None:
            return
        self._reactor.forget(pidfd)
        os.close(pidfd)
        del managed.survivors[pid]
        self._pids.discard(pid)
        self._thinned[managed.key] = None
        self._soon()

    def _ask(self, managed: ManagedProcess, relative: Relative | None, pidfd: int) -> None:
        """Ask one that was left behind to end; one that was asked with its session is cleaning up: it is left to it."""
        if managed.asked is not None and relative is not None and not managed.was_told(relative):
            self._kernel.signal(pidfd, managed.asked)

    def _forget(self, managed: ManagedProcess) -> None:
        self._lineage.remove(managed.key)
        del self.managed[managed.key]
        managed.unlock()
        self._cgroups.ended(managed.key, kill=managed.daemon.stop.kill_tree)
