"""Receives the reports of children: that they are ready, that a run failed, why they exit.

Knows nothing of processes. After a broken frame a child is ignored.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from functools import partial

from udaemon.child import run_locks
from udaemon.child.report import (
    Answered,
    GoodRun,
    Leaving,
    LocksChanged,
    Missed,
    ReadyReport,
    ReadyWith,
    Report,
    RunDone,
    RunFailed,
    RunOver,
    RunReport,
    RunsDropped,
)
from udaemon.engines.base import Listener, Reactor
from udaemon.engines.fd_store import NO_STORE, FdStore
from udaemon.engines.process import ManagedProcess
from udaemon.manifest.model import Daemon
from udaemon.policy import events
from udaemon.policy.events import Event, RunAsked, RunEnded
from udaemon.policy.instance import Key
from udaemon.policy.plan import has_task
from udaemon.policy.questions import Question, Teller

_CHUNK = 65536
KEPT_REPORTS = "reports/"
"""The name of an instance's socket in a store of descriptors, with its key after it."""


class Reports:
    """Listens to every child.

    Args:
        reactor: Where their sockets are watched.
        tell: Called with what one has reported of itself.
        on_good_run: Told when one has had the first good run of its process.
        on_word: Told when one has had a run that is told, may want its locks for one, or may have done with them.
        on_run: Told of each run that was reported by itself, and of how many were not.
        store: Keeps the sockets.
    """

    def __init__(
        self,
        reactor: Reactor,
        tell: Callable[[ManagedProcess, Event], None],
        on_good_run: Callable[[ManagedProcess], None] = lambda _living: None,
        *,
        on_word: Callable[[ManagedProcess, RunOver | LocksChanged], None] = lambda _living, _word: None,
        store: FdStore = NO_STORE,
        on_run: Callable[[ManagedProcess, RunReport], None] = lambda _living, _report: None,
    ) -> None:
        self._store = store
        self._reactor = reactor
        self._tell = tell
        self._on_good_run = on_good_run
        self._on_word = on_word
        self._on_run = on_run
        self.errors: dict[Key, str] = {}

    def listen(self, managed: ManagedProcess) -> None:
        """Receive a child's reports from now on, and those that it sent before."""
        if managed.reports is not None:
            self._reactor.watch(managed.reports.fileno(), partial(self._on_readable, managed))
            self._store.keep(f"{KEPT_REPORTS}{managed.key}", managed.reports.fileno(), str(managed.pid))

    def drain(self, managed: ManagedProcess) -> None:
        """Receive all that a child sent before it exited. Its end may not be seen: a descendant may have its socket."""
        while managed.reports is not None and self._hear(managed, last=True):
            pass
        self._close(managed)

    def _on_readable(self, managed: ManagedProcess) -> None:
        self._hear(managed)

    def _hear(self, managed: ManagedProcess, *, last: bool = False) -> bool:
        """Take in one chunk. Returns whether there may be more."""
        if managed.reports is None:
            return False
        try:
            data = managed.reports.recv(_CHUNK)
        except BlockingIOError:
            return False
        except ConnectionError:
            data = b""
        except OSError:  # no memory: it is still there the next time
            return False
        reports = managed.reader.feed(data)
        for report in reports:
            self._heard(managed, report, last=last)
        # A word for which there was no room is not sent again, and what had taken the room has been read by now.
        if not last and (managed.daemon.lock or any(isinstance(report, LocksChanged) for report in reports)):
            self._on_word(managed, LocksChanged())
        if not data or managed.reader.broken:
            self._close(managed)
        return bool(data)

    def _heard(self, managed: ManagedProcess, report: Report, *, last: bool) -> None:
        match report:
            case ReadyReport():
                self._tell(managed, events.Ready())
            case ReadyWith(methods):
                self._tell(managed, events.Ready(tuple(map(Question, methods))))
            case Answered(question, ok, reason):
                self._tell(managed, events.Said(Teller.TASK, Question(question), ok, reason))
            case GoodRun() if not managed.had_good_run:
                managed.had_good_run = True
                self._on_good_run(managed)
            case RunFailed(_, error):
                self.errors[managed.key] = error
                self._on_run(managed, report)
            case RunDone() | RunsDropped() | Missed():
                self._on_run(managed, report)
            case RunOver():
                self._on_word(managed, report)
            case Leaving(_, message):
                managed.leaving = report
                if message is not None:
                    self.errors[managed.key] = message
                if not last:
                    self._tell(managed, events.Leaving())

    def _close(self, managed: ManagedProcess) -> None:
        if managed.reports is not None:
            self._store.drop(f"{KEPT_REPORTS}{managed.key}")
            self._reactor.forget(managed.reports.fileno())
            managed.reports.close()
            managed.reports = None


def pass_on(
    listener: Listener, slots: Mapping[Key, tuple[int, int]], managed: ManagedProcess, word: RunOver | LocksChanged
) -> None:
    """Tell of a run that is over, or for which run a child wants its locks by what it has written into its slot."""
    if isinstance(word, RunOver):
        listener(managed.key, RunEnded(word.id, word.ok))
        return
    found = run_locks.asked(*slots[managed.key], managed.pid)
    if found is not None:
        listener(managed.key, RunAsked(found[0]))


def report_sockets(daemon: Daemon) -> tuple[socket.socket | None, socket.socket | None]:
    """Both ends of a socket for reports, ours first, where a process of this daemon makes some."""
    if daemon.kind != "php.entry" and not has_task(daemon):
        return None, None
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    return ours, theirs
