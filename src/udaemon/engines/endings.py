"""How processes end: the status, what the leader left behind, and who is reaped when.

Knows nothing of how they began. Ends of one turn of the loop are looked at together, so that one list of our children
serves them all; only when that shows a stranger is /proc read further.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from functools import partial

from udaemon.engines.base import Listener, Reactor
from udaemon.engines.groups import SUSPENDING, beside_group, kill_group, kill_group_of, signal_group
from udaemon.engines.living import Living
from udaemon.engines.reports import Reports
from udaemon.engines.spare import Spare
from udaemon.engines.status import peek, reap
from udaemon.engines.tree import Lineage, Relative, children, look_at
from udaemon.policy.events import Exited, Reason, TreeGone
from udaemon.policy.instance import Key

_TICKS = os.sysconf("SC_CLK_TCK")
_LOOK_AGAIN = 0.1
"""Seconds to the next look at what ended where the system let us see nothing: no descriptors, no memory."""


class Endings:
    """Watches every process to its end, and what it leaves behind to the end of that.

    Args:
        reactor: Where pidfds are watched.
        listener: Told `Exited` and `TreeGone`.
        reports: Has what a child said last.
        project: Marks what is ours in an environment.
        spared: Pids of children of ours that are no daemon.
    """

    def __init__(
        self,
        reactor: Reactor,
        listener: Listener,
        reports: Reports,
        project: str,
        spared: Callable[[], Collection[int]],
    ) -> None:
        self.deadline: float | None = None
        self.living: dict[Key, Living] = {}
        self._reactor = reactor
        self._listener = listener
        self._reports = reports
        self._spared = spared
        self._lineage = Lineage(project)
        self._ended: list[Living] = []
        self._thinned: set[Key] = set()
        self._pids: set[int] = set()
        self._spare = Spare()

    def watch(self, living: Living, files: Collection[tuple[int, int]]) -> None:
        """Follow a process that was just born; `files` are those that it has open and nobody else."""
        self.living[living.key] = living
        self._lineage.add(living.key, living.pid, files)
        self._pids.add(living.pid)
        self._reactor.watch(living.pidfd, partial(self._on_end, living))

    def signal(self, living: Living, number: int) -> None:
        """Send its own process a signal, and have it go on in case it was stopped."""
        if living.ended is None:
            _signal(living.pidfd, number)

    def signal_tree(self, living: Living, number: int) -> None:
        """The same to all of its session, or to what it left behind.

        A program that has a parent yet is left to that: it may be a worker, which its own supervisor asks to end.
        """
        if living.ended is not None:
            living.asked = number
            for pid, pidfd in living.survivors.items():
                _ask(living, look_at(pid), pidfd)
            return
        living.told_at = int(time.clock_gettime(time.CLOCK_BOOTTIME) * _TICKS)
        orphans: Collection[int] = ()
        with suppress(OSError):  # no memory for the list; the group at least is told
            orphans = self.strangers()
        signal_group(living.pid, number)
        for pidfd in beside_group(living.pid, orphans):
            _signal(pidfd, number)
            os.close(pidfd)

    def kill(self, living: Living) -> None:
        """Kill the process with its group, or what it left behind with theirs."""
        living.killing = True
        if living.ended is None:
            if living.daemon.stop.kill_tree:
                kill_group(living.pid)
            _send(living.pidfd, signal.SIGKILL)
        for pid, pidfd in living.survivors.items():
            kill_group_of(pid)
            _send(pidfd, signal.SIGKILL)

    def strangers(self) -> frozenset[int]:
        """Children of ours that nobody here has heard of: orphans.

        Raises:
            OSError: They cannot be listed for want of memory.
        """
        with self._spare.lent():
            found = children()
        return found - self._pids - frozenset(self._spared())

    def knows(self, pid: int) -> bool:
        """Whether this child of ours has its place already."""
        return pid in self._pids or pid in self._spared()

    def expire(self) -> None:
        """Look at all that ended in this turn."""
        self.deadline = None
        if not self._ended and not self._thinned:
            return
        try:
            left = self._left_behind()
        except OSError:  # nobody who ended is forgotten over it
            self.deadline = time.monotonic() + _LOOK_AGAIN
            return
        ended, self._ended = self._ended, []
        thinned, self._thinned = self._thinned, set()
        for living in ended:
            self._exited(living, left.get(living.key, []))
        for key in thinned:
            if (thin := self.living.get(key)) is not None and thin.ended is not None:
                self._keep_up(thin, left.get(key, []))

    def close(self) -> None:
        """Let go of all descriptors. Nobody is killed."""
        for living in self.living.values():
            for pidfd in (*living.survivors.values(), *([living.pidfd] if living.ended is None else [])):
                self._reactor.forget(pidfd)
                if living.process is None or pidfd != living.pidfd:
                    os.close(pidfd)
            self._reports.last_words(living)
            _let_go(living, 0)
            _unlock(living)
        self.living.clear()
        self._spare.close()

    def _soon(self) -> None:
        self.deadline = time.monotonic()

    def _on_end(self, living: Living) -> None:
        if peek(living.pidfd) is None:
            return
        self._reactor.forget(living.pidfd)
        self._ended.append(living)
        self._soon()

    def _left_behind(self) -> dict[Key, list[Relative]]:
        found: dict[Key, list[Relative]] = {}
        strangers = self.strangers()
        with self._spare.lent():
            for pid in strangers:
                relative = look_at(pid)
                if relative is None or relative.zombie:
                    continue
                key = self._lineage.owner(relative)
                if key is not None:
                    found.setdefault(key, []).append(relative)
        return found

    def _exited(self, living: Living, left: Iterable[Relative]) -> None:
        self._reports.last_words(living)
        follow = [*left] if living.daemon.stop.kill_tree else []
        if follow and living.killing:
            # Before it is reaped: as long as it is a zombie, its pid can name no other group.
            kill_group(living.pid)
        status = reap(living.pidfd)
        assert status is not None
        living.ended = status
        self._pids.discard(living.pid)
        if living.process is None:
            os.close(living.pidfd)
        _let_go(living, status.returncode)
        self._follow(living, follow)
        if not living.survivors:
            self._forget(living)
        said = living.leaving
        self._listener(
            living.key,
            Exited(
                code=status.code,
                signal=status.signal,
                core=status.core,
                reason=None if said is None else Reason(said.reason),
                message=None if said is None else said.message,
                survivors=tuple(living.survivors),
            ),
        )

    def _keep_up(self, living: Living, left: Iterable[Relative]) -> None:
        """Some of what it left behind has ended; its children are ours now."""
        self._follow(living, left)
        if not living.survivors:
            self._forget(living)
            self._listener(living.key, TreeGone())

    def _follow(self, living: Living, left: Iterable[Relative]) -> None:
        for relative in left:
            try:
                pidfd = os.pidfd_open(relative.pid)
            except OSError:  # it has gone, or there is no descriptor to follow it by
                with suppress(ProcessLookupError):
                    os.kill(relative.pid, signal.SIGKILL)  # our own child, not reaped: the pid is nobody else's
                continue
            living.survivors[relative.pid] = pidfd
            self._pids.add(relative.pid)
            if relative.session not in {os.getsid(0), *self._spared()}:
                self._lineage.adopt(living.key, relative)
            self._reactor.watch(pidfd, partial(self._on_survivor_end, living, relative.pid))
            if living.killing:
                kill_group_of(relative.pid)
                _send(pidfd, signal.SIGKILL)
            else:
                _ask(living, relative, pidfd)

    def _on_survivor_end(self, living: Living, pid: int) -> None:
        pidfd = living.survivors[pid]
        if reap(pidfd) is None:
            return
        self._reactor.forget(pidfd)
        os.close(pidfd)
        del living.survivors[pid]
        self._pids.discard(pid)
        self._thinned.add(living.key)
        self._soon()

    def _forget(self, living: Living) -> None:
        self._lineage.remove(living.key)
        del self.living[living.key]
        _unlock(living)


def _unlock(living: Living) -> None:
    """Close our part of its lock; whatever of the instance has it open yet keeps holding it."""
    if living.lock is not None:
        os.close(living.lock)
        living.lock = None


def _let_go(living: Living, code: int) -> None:
    """Tell multiprocessing that the process is no more its concern; this closes its pidfd too."""
    process, living.process = living.process, None
    if process is not None and process.popen is not None:
        process.popen.returncode = code
        process.close()


def _ask(living: Living, relative: Relative | None, pidfd: int) -> None:
    """Ask one that was left behind to end; one that was asked with its session is cleaning up, and is left to it."""
    if living.asked is None or relative is None:
        return
    told = living.told_at is not None and relative.session == living.pid and relative.started < living.told_at
    if not told:
        _signal(pidfd, living.asked)


def _signal(pidfd: int, number: int) -> None:
    _send(pidfd, number)
    if number not in SUSPENDING:
        _send(pidfd, signal.SIGCONT)


def _send(pidfd: int, number: int) -> None:
    with suppress(ProcessLookupError):
        signal.pidfd_send_signal(pidfd, number)
