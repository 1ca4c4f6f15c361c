"""Follows logs while they are written: every line once, however often the files are rotated meanwhile.

Knows nothing of who shows the lines, or how.
"""

from __future__ import annotations

import errno
import os
import select
from collections.abc import Callable, Iterable, Iterator, Sequence

from udaemon.logs.entries import Entry, keyed
from udaemon.logs.tail import LogSource, OpenLog, close_all, history, open_all, read_all, up_to_whole_lines

Emit = Callable[[Sequence[tuple[LogSource, Entry]]], None]


def _ignore(_source: LogSource, _error: OSError) -> None:
    """Do nothing with it."""


class LogReader:
    """One log, read from where it stood when this was made.

    Args:
        source: Which log.
        following: The beginning of a line at the end is left to `fresh`; else it is a line of the history.
        on_trouble: Called, once each, with files that cannot be read. What can be is read all the same.
    """

    def __init__(
        self,
        source: LogSource,
        *,
        following: bool = True,
        on_trouble: Callable[[LogSource, OSError], None] = _ignore,
    ) -> None:
        self.source = source
        self._on_trouble = on_trouble
        self._told: set[tuple[object, int | None]] = set()
        self._opened = open_all(source.path, self._tell)
        if following:
            self._opened = [self._whole(one) for one in self._opened]
        self._current = self._opened[-1] if self._opened else None
        self._at = self._current.size if self._current is not None else 0
        self._held = b""

    def history(self, *, last: int | None, since: bytes, wanted: Callable[[Entry], bool]) -> Iterator[Entry]:
        """The lines that were there; see `tail.history`. To be asked for before the first `fresh`."""
        return history(self.source, self._opened, last=last, since=since, wanted=wanted, on_trouble=self._tell)

    def fresh(self) -> list[Entry]:
        """The whole lines that have come since."""
        lines = self._lines(self._rest())
        if self._moved():
            lines += self._lines(self._next_files())
        return [self.source.entry(line) for line in lines]

    def close(self) -> None:
        """Close the files."""
        close_all(self._opened)
        self._opened = []
        self._current = None

    def _tell(self, error: OSError) -> None:
        """Once for each file and reason: it is met again at every look."""
        if (error.filename, error.errno) not in self._told:
            self._told.add((error.filename, error.errno))
            self._on_trouble(self.source, error)

    def _whole(self, one: OpenLog) -> OpenLog:
        try:
            return up_to_whole_lines(one)
        except OSError as error:
            self._tell(OSError(error.errno, error.strerror, one.name))
            return one

    def _rest(self) -> bytes:
        """What has been added to our file. One that was cut short by others is read from its start."""
        if self._current is None:
            return b""
        size = os.fstat(self._current.fd).st_size
        if size < self._at:
            self._at = 0
        blocks = []
        try:
            while self._at < size and (block := os.pread(self._current.fd, size - self._at, self._at)):
                self._at += len(block)
                blocks.append(block)
        except OSError as error:
            self._tell(OSError(error.errno, error.strerror, self._current.name))
        return b"".join(blocks)

    def _lines(self, data: bytes) -> list[bytes]:
        if not data:
            return []
        *lines, self._held = (self._held + data).split(b"\n")
        return lines

    def _moved(self) -> bool:
        """Another file stands where ours did."""
        try:
            inode = os.stat(self.source.path, follow_symlinks=False).st_ino
        except FileNotFoundError:
            return False
        except OSError as error:
            self._tell(error)
            return False
        return self._current is None or inode != self._current.inode

    def _next_files(self) -> bytes:
        """Go over to the current file. Returns what is in those between it and ours, and the rest of ours."""
        opened = open_all(self.source.path, self._tell)
        if not opened:
            return b""
        data = self._rest()
        newer = opened[self._place_of_ours(opened) + 1 :]
        close_all(opened[: len(opened) - len(newer)])
        if not newer:
            return data
        texts = [read_all(one, self._tell) for one in newer]
        close_all([*self._opened, *newer[:-1]])
        self._opened = newer[-1:]
        self._current = newer[-1]
        self._at = newer[-1].size if newer[-1].zipped else len(texts[-1])
        return b"".join((data, *texts))

    def _place_of_ours(self, opened: Sequence[OpenLog]) -> int:
        """Where our file is among these; -1 where it is older than all of them or there was none."""
        if self._current is None:
            return -1
        changed = os.fstat(self._current.fd).st_mtime_ns
        for place, one in enumerate(opened):
            # A compressed file has a new inode, and the time of change of what it was made of.
            if one.inode == self._current.inode or (one.zipped and one.changed == changed):
                return place
        return max((place for place, one in enumerate(opened[:-1]) if one.changed <= changed), default=-1)


def follow(readers: Iterable[LogReader], emit: Emit, *, stop: int | None = None, output: int | None = None) -> None:
    """Emit every new line, in the order of their stamps as far as they come together, until `stop` is readable.

    Args:
        readers: The logs.
        emit: Called with the lines that came together.
        stop: An fd that becomes readable when it is time to end: all that is written by then is told. None: for ever.
        output: Where the lines go, to end with its reader.

    Raises:
        BrokenPipeError: The reader of `output` has gone.
    """
    from udaemon.logs.watch import Watch  # ctypes is a third of what `udaemon logs` loads

    readers = tuple(readers)
    watch = Watch(os.path.dirname(reader.source.path) for reader in readers)
    poller = select.poll()
    poller.register(watch.fileno(), select.POLLIN)
    if stop is not None:
        poller.register(stop, select.POLLIN)
    if output is not None:
        poller.register(output, 0)  # an error and a hang-up are told all the same
    try:
        ready: list[int] = []
        while True:
            watch.clear()
            come = [(key, reader.source, entry) for reader in readers for key, entry in keyed(reader.fresh())]
            come.sort(key=lambda one: one[0])
            if come:
                emit([(source, entry) for _, source, entry in come])
            if stop is not None and stop in ready:
                return
            if output is not None and output in ready:
                raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))
            ready = [fd for fd, _ in poller.poll()]
    finally:
        watch.close()
