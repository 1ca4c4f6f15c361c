"""The journal of the logs as a file in the run directory: lines outlive supervisor, keeper and logger together.

Knows no line. A chunk in the pipe between, where a kill can leave it for some microseconds, is lost with the last of
them, and told.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress

from udaemon.engines.fd_store import FdStore
from udaemon.errors import UdaemonError
from udaemon.logs import pipe_notes
from udaemon.logs.handed import KEPT_PIPE
from udaemon.logs.inheritance import KEPT_JOURNAL, Inheritance
from udaemon.logs.journal import VERSION, Journal, is_whole, version_of
from udaemon.logs.pipe_notes import PipeNote
from udaemon.service import stray_logger
from udaemon.service.keeper_link import Kept
from udaemon.supervisor.ledger import boot
from udaemon.system import procfs
from udaemon.system.exit_status import kill_and_wait
from udaemon.system.file_identity import identity

JOURNAL = "journal"
"""Its name in the run directory."""
_OF_A_BOOT = frozenset("0123456789abcdef-")


class NotingStore(FdStore):
    """A store of descriptors that notes in the journal, too, whose each log pipe is.

    Args:
        store: Keeps them.
    """

    def __init__(self, store: FdStore) -> None:
        self._store = store
        self._journal: int | None = None
        self._slots: dict[str, int] = {}

    def keep(self, name: str, fd: int, *facts: str) -> None:
        """Keep a copy under this name, in place of one that has it already."""
        self._store.keep(name, fd, *facts)
        if name == f"{KEPT_JOURNAL}0":
            if self._journal is not None:
                os.close(self._journal)
            self._journal = os.dup(fd)
        elif name.startswith(KEPT_PIPE) and self._journal is not None:
            self._slots[name] = int(facts[0])
            pipe_notes.put(self._journal, int(facts[0]), PipeNote(name, facts, identity(fd)))

    def drop(self, name: str) -> None:
        """Let go of it; of a name that is not there, nothing."""
        self._store.drop(name)
        if (slot := self._slots.pop(name, None)) is not None and self._journal is not None:
            pipe_notes.forget(self._journal, slot)

    def flush(self) -> None:
        """All that was said until now is to be known before anything else happens."""
        self._store.flush()


def make(directory: str) -> Inheritance:
    """A new journal, in place of one that is there.

    Raises:
        OSError: There is none to be had.
    """
    made = Inheritance.new(f"{directory}/{JOURNAL}")
    pipe_notes.put_boot(made.memory, boot())
    return made


def take_up(directory: str, on_trouble: Callable[[str], None]) -> Mapping[str, Kept]:
    """What a keeper would have kept of the logs, by the journal and by what /proc tells; empty where there is none.

    Ends the logger that goes on with it, if there is one.

    Raises:
        UdaemonError: It is of a newer version.
    """
    try:
        journal = os.open(f"{directory}/{JOURNAL}", os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return {}
    here, there = boot(), pipe_notes.boot_of(journal)
    whole = is_whole(journal)
    if not whole or there != here:
        os.close(journal)
        if not whole or len(there) != len(here) or not set(there) <= _OF_A_BOOT:
            on_trouble("the journal of the logs is none, and is left out: output may be lost")
        return {}
    if version_of(journal) > VERSION:
        version = version_of(journal)
        os.close(journal)
        message = (
            f"the journal of the logs was written by a newer udaemon (version {version}, this one reads {VERSION})"
        )
        raise UdaemonError(message, "go on with that one: to start now would be to lose lines")
    found = tuple(pipe_notes.notes(journal))
    fds = _open_pipes({note.opened for note in found})
    between = _end_logger(identity(journal), {note.opened for note in found})
    if between is None:
        between = os.pipe2(os.O_CLOEXEC)
        _settle(journal, on_trouble)
    store = {note.name: Kept(tuple(note.facts), fds.get(note.opened) or _ended_pipe()) for note in found}
    return store | {f"{KEPT_JOURNAL}{n}": Kept((), fd) for n, fd in enumerate((journal, *between))}


def _settle(journal: int, on_trouble: Callable[[str], None]) -> None:
    """What was on its way through the pipe between has gone with it."""
    if Journal(journal).depends_on_pipe:
        Journal(journal).commit()
        on_trouble("output of a moment may be lost: the logger was killed while it took it, and the keeper, too")


def _open_pipes(wanted: set[tuple[int, int]]) -> dict[tuple[int, int], int]:
    """The read end of each pipe that somebody has open (proc(5): to open one there is to open that pipe)."""
    found: dict[tuple[int, int], int] = {}
    for path in _open_paths():
        with suppress(OSError):
            opened = os.stat(path)
            if (opened.st_dev, opened.st_ino) in wanted - found.keys():
                fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
                found[identity(fd)] = fd
    return found


def _open_paths() -> Iterator[str]:
    for pid in procfs.pids():
        with suppress(OSError):
            for number in procfs.descriptors(pid):
                yield f"/proc/{pid}/fd/{number}"


def _ended_pipe() -> int:
    read, write = os.pipe2(os.O_CLOEXEC)
    os.close(write)
    return read


def _end_logger(journal: tuple[int, int], pipes: set[tuple[int, int]]) -> tuple[int, int] | None:
    """End the logger of this journal, and return the pipe between that it had."""
    for pid, pidfd in stray_logger.loggers_with({journal}):
        between = None
        with suppress(OSError):  # it has just gone
            between = _pipe_between(pid, pipes)
        kill_and_wait(pidfd)
        return between
    return None


def _pipe_between(pid: int, others: set[tuple[int, int]]) -> tuple[int, int] | None:
    """Both ends of the one pipe that a logger has both ends of, and which is no log pipe."""
    seen: set[tuple[int, int]] = set()
    for number in procfs.descriptors(pid):
        path = f"/proc/{pid}/fd/{number}"
        with suppress(OSError):
            status = os.stat(path)
            opened = (status.st_dev, status.st_ino)
            if not os.readlink(path).startswith("pipe:") or opened in others:
                continue
            if opened in seen:
                flags = os.O_CLOEXEC | os.O_NONBLOCK
                ends = os.open(path, os.O_RDONLY | flags), os.open(path, os.O_WRONLY | flags)
                for end in ends:
                    os.set_blocking(end, True)
                return ends
            seen.add(opened)
    return None
