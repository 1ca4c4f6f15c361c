"""Reads logs back: a file with its rotated ones as one sequence of lines, from either end.

Knows nothing of colours or terminals. Files are opened before any is read, so that a rotation meanwhile loses nothing.
What cannot be read is reported and left out: the other files of a log, and the other logs, are read all the same.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO, NamedTuple, cast

from udaemon.logs.entries import Entry, parse, stamp_of
from udaemon.system import oserror

_BLOCK = 64 * 1024
_LONGEST = 1024 * 1024
"""Bytes in which an end of line is looked for."""
_TRIES = 100
"""Looks at a directory in which a rotation is under way."""


class LogSource(NamedTuple):
    """A daemon's log: what to read, and what it says of the daemon.

    Attributes:
        name: The daemon.
        path: The current file.
        instances: Its copies, which share the file.
        prefixed: Each line begins with what the logger wrote; see `entries.parse`.
        instance: The only copy that writes to this file, None where all do.
        errors: It has what was written to stderr, and another one the rest.
    """

    name: str
    path: str
    instances: int = 1
    prefixed: bool = True
    instance: int | None = None
    errors: bool = False

    @classmethod
    def told(cls, log: Mapping[str, Any]) -> LogSource:
        """What the verb `logs` tells of one; it names only what is not as usual."""
        instance, errors = log.get("instance"), log.get("errors", False)
        return cls(log["name"], log["path"], log["instances"], log.get("prefixed", True), instance, errors)

    def entry(self, line: bytes) -> Entry:
        """Take a line of it apart."""
        if self.instance is not None:
            return parse(line, tagged=False, prefixed=self.prefixed)._replace(instance=self.instance)
        return parse(line, tagged=self.instances > 1, prefixed=self.prefixed)


OnTrouble = Callable[[OSError], None]
"""Called with a file or directory that cannot be read."""


class OpenLog(NamedTuple):
    """One of a log's files, open. `size` is how much of it counts; what comes behind is newer."""

    fd: int
    name: str
    zipped: bool
    inode: int
    changed: int
    size: int


def open_all(path: str, on_trouble: OnTrouble) -> list[OpenLog]:
    """Open a log's files, the oldest first and the current one last; empty where there is none. Never blocks."""
    for _ in range(_TRIES):
        troubles: list[OSError] = []
        opened: list[tuple[str, OpenLog]] = []
        try:
            names = _names(path)
            for name in names:
                try:
                    opened.append((name, _open(name)))
                except FileNotFoundError:
                    raise
                except OSError as error:
                    troubles.append(error)
            # The names move along one after the other: only what is the same before and after was so in between.
            if names == _names(path) and all(_inode(name) == one.inode for name, one in opened):
                for trouble in troubles:
                    on_trouble(trouble)
                return [one for _, one in opened]
        except FileNotFoundError:
            pass  # it has just been renamed
        except OSError as error:
            on_trouble(error)
            return []
        close_all([one for _, one in opened])
    return []


def close_all(opened: list[OpenLog]) -> None:
    """Close files."""
    for one in opened:
        os.close(one.fd)


def history(
    source: LogSource,
    opened: list[OpenLog],
    *,
    last: int | None,
    since: bytes,
    wanted: Callable[[Entry], bool],
    on_trouble: OnTrouble,
) -> Iterator[Entry]:
    """The lines of open files, oldest first, up to the size that the last one had when it was opened.

    Args:
        source: Whose log it is.
        opened: From `open_all`.
        last: So many of the last lines only, None for all.
        since: Lines with an earlier stamp are left out; a line without one goes with the line before it, and where none
            has one all of a file counts that was written to since.
        wanted: Which lines count.
        on_trouble: Called when a file cannot be read on; the next one is.
    """
    opened = [one for one in opened if stamp_of(one.changed / 1e9) >= since]
    if last is None:
        files = ((source.entry(line) for line in _forwards(one, on_trouble)) for one in opened)
        return filter(wanted, (entry for entries in files for entry in _since(entries, since)))
    found: deque[Entry] = deque()
    for line in (line for one in reversed(opened) for line in _backwards(one, on_trouble)):
        if len(found) == last:
            break
        entry = source.entry(line)
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


def read_all(one: OpenLog, on_trouble: OnTrouble) -> bytes:
    """All of a file, unpacked, as far as it can be read."""
    return b"".join(_guarded(_blocks(one), one, on_trouble))


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


def _inode(name: str) -> int:
    """What the name stands for now."""
    return os.stat(name, follow_symlinks=False).st_ino


def _open(name: str) -> OpenLog:
    kind = stat.S_IFMT(os.stat(name, follow_symlinks=False).st_mode)
    if kind not in (stat.S_IFREG, stat.S_IFLNK):  # a device may do something when it is opened; of a link open tells
        raise OSError(errno.EISDIR if kind == stat.S_IFDIR else errno.EINVAL, "not a regular file", name)
    fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    found = os.fstat(fd)
    return OpenLog(fd, name, name.endswith(".gz"), found.st_ino, found.st_mtime_ns, found.st_size)


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


def _guarded(pieces: Iterator[bytes], one: OpenLog, on_trouble: OnTrouble) -> Iterator[bytes]:
    """End where a file cannot be read on, and tell."""
    from zlib import error as broken_stream

    try:
        yield from pieces
    except (EOFError, broken_stream) as error:
        on_trouble(OSError(errno.EBADMSG, f"broken after compression: {error}", one.name))
    except OSError as error:
        on_trouble(OSError(error.errno or errno.EBADMSG, oserror.reason(error), one.name))  # gzip tells only a text


def _blocks(one: OpenLog) -> Iterator[bytes]:
    with _reader(one) as file:
        while block := file.read(_LONGEST):
            yield block


def _forwards(one: OpenLog, on_trouble: OnTrouble) -> Iterator[bytes]:
    return _guarded(_lines(one), one, on_trouble)


def _lines(one: OpenLog) -> Iterator[bytes]:
    left = one.size
    with _reader(one) as file:
        for line in file:
            left -= 0 if one.zipped else len(line)
            if left < 0:
                return
            yield line.removesuffix(b"\n")


def _backwards(one: OpenLog, on_trouble: OnTrouble) -> Iterator[bytes]:
    if one.zipped:
        return reversed(list(_forwards(one, on_trouble)))
    return _guarded(_lines_backwards(one), one, on_trouble)


def _lines_backwards(one: OpenLog) -> Iterator[bytes]:
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
