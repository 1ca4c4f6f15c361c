"""What a supervisor does so that daemons outlive it: the store, the ledger, and going on where another one was killed.

Knows nothing of what is declared. Of the three that say what an instance is, a lock that is held is believed the most
and the ledger the least (decision 0013).
"""

from __future__ import annotations

import os
import pickle
import socket
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from udaemon.child.lifeline import Lifeline
from udaemon.child.regions import name_of, point
from udaemon.child.scoreboard import Scoreboard
from udaemon.control import rundir
from udaemon.engines.fd_store import KEPT_LOGGER, KEPT_STDERR
from udaemon.engines.kept import KeptKernel
from udaemon.engines.notify import KEPT_NOTIFY
from udaemon.engines.reports import KEPT_REPORTS
from udaemon.logs.client import LoggerLink
from udaemon.logs.handed import KEPT_PIPE, HandedPipe, kept_pipe
from udaemon.logs.inheritance import KEPT_JOURNAL, Inheritance
from udaemon.policy.events import NeedsChanged, StopAsked
from udaemon.policy.instance import Key, State, Wanted
from udaemon.service import journal_file
from udaemon.service.filled import fill
from udaemon.service.handoff import Handoff
from udaemon.service.journal_file import NotingStore
from udaemon.service.keeper_link import KeeperLink, Kept, Legacy
from udaemon.supervisor.ledger import LEDGER, Ledger, load
from udaemon.supervisor.log_pipes import LogPipes
from udaemon.supervisor.loop import Loop
from udaemon.supervisor.notices import Notices
from udaemon.supervisor.slots import Slots, rounded
from udaemon.system.exit_status import kill_and_wait
from udaemon.system.file_identity import identity
from udaemon.system.last_words import last_words
from udaemon.system.oserror import named_reason
from udaemon.units import counted

if TYPE_CHECKING:
    from udaemon.control.rundir_guard import RundirGuard
    from udaemon.manifest.model import Manifest
    from udaemon.service.manifest_reader import Source
    from udaemon.service.recovery import Parts, Recovery
    from udaemon.supervisor.perform import Performer

KEPT_HANDOFF, KEPT_BOARD = "handoff", "board/"
_LOCK, _CLAIM, _LISTENER = "lock", "claim", "listener"
_UP = (State.STARTING, State.RUNNING)


class KeptScoreboard(Scoreboard):
    """A scoreboard whose regions outlive this process."""

    link: KeeperLink

    def grow(self, slots: int) -> None:
        """Add a region as any scoreboard does, and keep it."""
        super().grow(slots)
        fd, slots = self._regions[-1]
        self.link.keep(f"{KEPT_BOARD}{len(self._regions) - 1:04}", fd, str(slots))

    def names(self) -> Iterator[tuple[int, str]]:
        """Each slot that has a name, with that."""
        for slot in range(self.slots):
            if name := name_of(*self.locate(slot)):
                yield slot, name

    @classmethod
    def make(cls, link: KeeperLink, path: str, slots: int, regions: Iterable[tuple[int, int]]) -> KeptScoreboard:
        """With these regions of another supervisor, or a new one."""
        board = cls(tuple(regions), path)
        board.link = link
        if not board.slots:
            board.grow(slots)
        return board


class Outlive:
    """One supervisor's side of it.

    Args:
        link: The keeper.
        directory: The run directory.
        left: What another one has left, if this is not the first.
        kernel: Asked about processes; None for the one of this machine.
    """

    def __init__(
        self, link: KeeperLink, directory: str, left: Legacy | None = None, kernel: KeptKernel | None = None
    ) -> None:
        self.notices = Notices(by_turn=True)
        self.link = link
        self.store = NotingStore(link)
        self.left = left
        self.kernel = kernel or KeptKernel(lambda: link.pid, link.reap)
        self.lifeline = Lifeline.endless()
        self.ledger = Ledger(f"{directory}/{LEDGER}", partial(self._publish, "warning"), self.kernel)
        self.note = self.ledger.note
        self._directory = directory
        self._was = load(f"{directory}/{LEDGER}", partial(self._publish, "warning"))
        self._recovery: Recovery | None = None
        self._logs: Mapping[str, Kept] = {}
        self.on_keeper_gone: Callable[[], None] = lambda: None

    def kept(self, prefix: str) -> Iterator[tuple[str, Kept]]:
        """What is left under names that begin so, in the order of the names."""
        left = self._logs if self.left is None else self.left.store
        yield from sorted(entry for entry in left.items() if entry[0].startswith(prefix))

    def board(self, keys: Collection[Key]) -> tuple[Scoreboard, Slots]:
        """The scoreboard that is left, with the slots that are given out already; or a new one."""
        regions = [(kept.fd, int(kept.facts[0])) for _, kept in self.kept(KEPT_BOARD)]
        path = f"{self._directory}/{rundir.SCOREBOARD}"
        scoreboard = KeptScoreboard.make(self.link, path, rounded(len(keys)), regions)
        slots = Slots(scoreboard)
        if self.left is not None:
            try:
                point(path, [fd for fd, _ in regions])  # this process has them now
            except OSError as error:  # others read it; that nobody supervises would be worse
                self._publish("warning", f"{path} cannot be written: {named_reason(error)}")
            slots.inherit((slot, Key(*_split(name))) for slot, name in scoreboard.names())
        for key in keys:
            slots.take(key)
        return scoreboard, slots

    def inherit_logs(self, logger: LoggerLink, logs: LogPipes) -> None:
        """Go on with the logs, once the logger of the dead supervisor has ended: two of them must never meet."""
        for _, kept in self.kept(KEPT_LOGGER):
            kill_and_wait(kept.fd)
            os.close(kept.fd)
        if self.left is None:
            self._logs = journal_file.take_up(self._directory, partial(self._publish, "warning"))
        journal = [kept.fd for _, kept in self.kept(KEPT_JOURNAL)]
        inheritance = Inheritance(journal) if len(journal) == 3 else journal_file.make(self._directory)
        inheritance.keep(self.store)
        logger.inherit(inheritance, self.inherit_pipes(logs))

    def inherit_pipes(self, logs: LogPipes) -> list[HandedPipe]:
        """The log pipes that are left, which are known from now on."""
        pipes = [kept_pipe(name, kept.facts, kept.fd, self.store) for name, kept in self.kept(KEPT_PIPE)]
        logs.inherit(
            (
                pipe.number,
                pipe.target.path,
                Key(pipe.target.name, pipe.target.instance) if pipe.target.name else None,
                identity(pipe.fd),
            )
            for pipe in pipes
        )
        return pipes

    def listener(self) -> socket.socket | None:
        """The control socket that is left: who connects to it meanwhile is answered."""
        for _, kept in self.kept(_LISTENER):
            listener = socket.socket(fileno=kept.fd)
            listener.setblocking(False)
            listener.listen(128)  # who connects is told of this process from now on (listen(2))
            return listener
        return None

    def keep_handoff(self, handed: Handoff) -> None:
        """Keep the manifest as it is now: it may hold secrets, which no file must show."""
        fd = os.memfd_create("udaemon-handoff", os.MFD_CLOEXEC)
        with open(fd, "wb") as file:
            file.write(handed.pickled or pickle.dumps((handed.manifest, handed.source, handed.directory)))
            file.flush()
            self.link.keep(KEPT_HANDOFF, fd)

    def guard(self, performer: Performer, key: Key, pidfd: int) -> None:
        """Nobody ends a process should we die."""

    def keep_place(self, guard: RundirGuard, claim: socket.socket | None) -> None:
        """Keep what makes this the one supervisor, and where it is asked."""
        with suppress(OSError):  # one that does not come to stand says in vain why
            stderr = rundir.open_stderr(guard.fd)
            self.link.keep(KEPT_STDERR, stderr)
            os.close(stderr)
        self.link.keep(_LOCK, guard.lock)
        self.link.keep(_LISTENER, guard.listener.fileno())
        if claim is not None:
            self.link.keep(_CLAIM, claim.fileno())

    def begin(self, loop: Loop, on_child: Callable[[], None]) -> None:
        """It stands: from now on it is replaced when it dies."""
        loop.add(self.ledger)
        if self._recovery is not None:
            loop.add(self._recovery)
        self.link.attend(loop, on_child=on_child, on_gone=self._on_keeper_gone)
        self.link.ready()

    def resume(self, parts: Parts) -> bool:
        """Go on with the instances of a supervisor that died. Returns whether it was stopping everything."""
        from udaemon.service.recovery import Recovery  # decides about daemons, which has been loaded by now

        locks = f"{self._directory}/locks"
        if self.left is None:
            from udaemon.service.adoption import adopt

            if adopt(parts, self.kernel, locks, self._was.entries, self._tell_adopted):
                _look_again(parts)
            return False
        found = (self._was.entries, self.left.store)
        self._recovery = Recovery(parts, self.kernel, locks, *found, tell=self._tell_adopted)
        self._recovery.run()
        _look_again(parts)
        for name in (KEPT_HANDOFF, KEPT_REPORTS, KEPT_NOTIFY):
            for _, kept in self.kept(name):  # those that are used were copied
                os.close(kept.fd)
        self._tell_broken()
        count = len(self._recovery.adopted)
        self._publish("recovered", f"the supervisor {self.left.why}; {counted(count, 'process', 'processes')} went on")
        return self._was.leaving

    def _tell_broken(self) -> None:
        """Tell what those wrote that were started before this one, and did not come to stand."""
        for _, kept in self.kept(KEPT_STDERR):
            if said := last_words(kept.fd):
                self._publish("warning", f"a supervisor could not start: {said}")
                os.ftruncate(kept.fd, 0)
            os.close(kept.fd)

    def record(self, *, leaving: bool) -> None:
        """The end of a turn: what has changed is known to the next one from here on."""
        self.link.flush()
        if leaving:
            self.ledger.leaving()
        self.ledger.flush()

    def give_way(self, why: str) -> bool:
        """Have the supervisor that stands by take over. Returns whether it will: this process is about to end then."""
        self.link.give_way(why)
        return self.link.pid is not None

    def _publish(self, event: str, text: str) -> None:
        self.notices.publish(None, event, text, {})

    def _tell_adopted(self, key: Key, text: str) -> None:
        self.notices.publish(key, "adopted", text, {})

    def _on_keeper_gone(self) -> None:
        self.on_keeper_gone()
        self._publish("warning", "the keeper is gone: should this supervisor be killed, nobody starts another one")

    def close(self) -> None:
        """Everything has stopped."""
        self.ledger.close()
        self.link.leave()


def handed(fd: int) -> tuple[Manifest, Source | None, str]:
    """What was handed over: the manifest, where that can be read again, and the run directory.

    Raises:
        UdaemonError: It was by an older version, and lacks what this one needs.
    """
    with open(os.dup(fd), "rb") as file:
        file.seek(0)
        manifest, source, directory = pickle.load(file)  # noqa: S301 - from ourselves
    fill(manifest)
    return manifest, source, directory


def handed_again(left: Legacy) -> Handoff:
    """What `up` handed to the first supervisor, or `apply` since."""
    store = left.store
    manifest, source, directory = handed(store[KEPT_HANDOFF].fd)
    claim = store.get(_CLAIM)
    return Handoff(
        manifest=manifest,
        directory=directory,
        autostart=False,
        lock=store[_LOCK].fd,
        ready=None,
        claim=None if claim is None else claim.fd,
        lifeline=None,
        source=source,
        nofile=left.nofile,
    )


def _split(name: str) -> tuple[str, int]:
    daemon, _, index = name.rpartition("/")
    return daemon, int(index)


def _look_again(parts: Parts) -> None:
    """What was asked of processes, and the stops that waited for others, have gone with the dead supervisor."""
    for key in tuple(parts.fleet.instances):
        parts.happen(key, NeedsChanged())  # whatever happens has its process asked what it is to be asked
    unwanted = [key for key, one in parts.fleet.instances.items() if one.wanted is Wanted.DOWN and one.state in _UP]
    parts.ask(unwanted, StopAsked())
