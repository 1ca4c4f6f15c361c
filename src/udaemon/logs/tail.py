"""Reading logs back: a file with its rotated ones as one row of lines, from either end.

Knows nothing of colours or terminals. Files are opened before any is read, so that a rotation meanwhile loses nothing.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO, NamedTuple, cast

from udaemon.logs.entries import Entry, parse, stamp_of

_BLOCK = 64 * 1024
_LONGEST = 1024 * 1024
"""Bytes in which an end of line is looked for."""
_TRIES = 100
"""Looks at a directory in which a rotation is under way."""


class LogSource(NamedTuple):
    """A daemon's log: what to read, and what it says of the daemon."""

    name: str
    path: str
    instances: int = 1


class OpenLog(NamedTuple):
    """One of a log's files, open. `size` is how much of it counts; what comes behind is newer."""

    fd: int
    zipped: bool
    inode: int
    changed: int
    size: int


def open_all(path: str) -> list[OpenLog]:
    """Open a log's files, the oldest first and the current one last; empty where there is none.

    Raises:
        OSError: One of them may not be read.
    """
    for _ in range(_TRIES):
        names = _names(path)
        opened = [_open(name) for name in names]
        there = [one for one in opened if one is not None]
        # The names move along one after the other: only what is the same before and after was so in between.
        if len(there) == len(names) and names == _names(path) and [one.inode for one in there] == _inodes(names):
            return there
        close_all(there)
    return []


def close_all(opened: list[OpenLog]) -> None:
    """Let go of files."""
    for one in opened:
        os.close(one.fd)


def history(
    source: LogSource, opened: list[OpenLog], *, last: int | None, since: bytes, wanted: Callable[[Entry], bool]
) -> Iterator[Entry]:
    """The lines of open files, oldest first, up to the size that the last one had when it was opened.

    Args:
        source: Whose log it is.
        opened: From `open_all`.
        last: So many of the last lines only, None for all.
        since: Lines with an earlier stamp are left out; a line without one goes with the line before it, and where none
            has one all of a file counts that was written to since.
        wanted: Which lines count.
    """
    tagged = source.instances > 1
    opened = [one for one in opened if stamp_of(one.changed / 1e9) >= since]
    if last is None:
        files = ((parse(line, tagged=tagged) for line in _forwards(one)) for one in opened)
        return filter(wanted, (entry for entries in files for entry in _since(entries, since)))
    found: deque[Entry] = deque()
    for line in (line for one in reversed(opened) for line in _backwards(one)):
        if len(found) == last:
            break
        entry = parse(line, tagged=tagged)
        if entry.stamp and entry.stamp < since:
            break
        if wanted(entry):
            found.appendleft(entry)
    return iter(found)


def up_to_whole_lines(one: OpenLog) -> OpenLog:
    """The same without the beginning of a line at its end: a follower waits for the rest of that."""
    if one.zipped or one.size == 0:
        return one
    block = os.pread(one.fd, _LONGEST, max(0, one.size - _LONGEST))
    return one._replace(size=one.size - len(block) + block.rfind(b"\n") + 1)


def read_all(one: OpenLog) -> bytes:
    """All of a file, unpacked."""
    with _reader(one) as file:
        return file.read()


def _names(path: str) -> list[str]:
    """The files of a log that are there, oldest first. A killed rotation can leave a gap in the numbers."""
    directory, name = os.path.split(path)
    pattern = re.compile(re.escape(name) + r"(?:\.(\d{1,9})(?:\.gz)?)?")
    try:
        found = [match for entry in os.listdir(directory) if (match := pattern.fullmatch(entry)) is not None]
    except FileNotFoundError:
        return []
    found.sort(key=lambda match: -int(match[1] or 0))
    here = {match[0] for match in found}
    # Both forms of one number: the packed one has just been named, the plain one is about to go.
    return [os.path.join(directory, match[0]) for match in found if f"{match[0]}.gz" not in here]


def _inodes(names: Sequence[str]) -> list[int]:
    """What the names stand for now; shorter where one of them is gone."""
    found = []
    for name in names:
        with contextlib.suppress(FileNotFoundError):
            found.append(os.stat(name, follow_symlinks=False).st_ino)
    return found


def _open(name: str) -> OpenLog | None:
    try:
        fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    found = os.fstat(fd)
    return OpenLog(fd, name.endswith(".gz"), found.st_ino, found.st_mtime_ns, found.st_size)


def _reader(one: OpenLog) -> BinaryIO:
    """A file object from the file's beginning, which leaves the fd open."""
    file = open(one.fd, "rb", closefd=False)  # noqa: SIM115 - callers close it
    file.seek(0)
    if not one.zipped:
        return file
    import gzip  # few logs are compressed

    return cast("BinaryIO", gzip.GzipFile(fileobj=file))


def _since(entries: Iterator[Entry], since: bytes) -> Iterator[Entry]:
    """Leave out what is too old."""
    late = True
    for entry in entries:
        if entry.stamp:
            late = entry.stamp >= since
        if late:
            yield entry


def _forwards(one: OpenLog) -> Iterator[bytes]:
    left = one.size
    with _reader(one) as file:
        for line in file:
            left -= 0 if one.zipped else len(line)
            if left < 0:
                return
            yield line.removesuffix(b"\n")


def _backwards(one: OpenLog) -> Iterator[bytes]:
    if one.zipped:
        yield from reversed(list(_forwards(one)))
        return
    end, block = one.size, _BLOCK
    # The end of the file's last line is none of its text.
    held = b""
    if end and os.pread(one.fd, 1, end - 1) == b"\n":
        end -= 1
    elif not end:
        return
    while end > 0:
        start = max(0, end - block)
        held, *lines = (os.pread(one.fd, end - start, start) + held).split(b"\n")
        end = start
        yield from reversed(lines)
        # A line longer than a block is read in ever larger ones, lest it be copied for each.
        block = _BLOCK if lines else block * 2
    yield held
