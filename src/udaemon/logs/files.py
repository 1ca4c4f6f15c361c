"""A log file that is appended to, rotated, and made again when somebody takes it away.

Knows nothing of pipes, of lines half written, or of what to do when a write fails: it raises what the kernel says.
"""

from __future__ import annotations

import contextlib
import os
import time

from udaemon.logs.format import GOES_ON, whole_characters
from udaemon.logs.open_file import open_log, set_mode
from udaemon.logs.rotation import ignore, new_name, recover, rotate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from udaemon.logs.rotation import Hook

_GLANCE = 0.01
"""Seconds for which a file is taken to be where it was. Lines that follow a removal sooner go the way of all before
them: nobody can tell which came first. To look before each small write would cost a third of a flood's time."""

_MARK = GOES_ON + b"\n"

REMOVED = "the log file was removed or renamed; this is a new one"


def _first_stamp(path: str) -> float | None:
    """When the first line was captured: Python has no call that tells when a file was made."""
    from datetime import datetime  # only for logs that are rotated by age

    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    with open(fd, "rb") as file:
        text = file.read(64).removeprefix(b'{"time":"')[:24].decode("ascii", "replace")
    try:
        if text[2:3] == "/":
            return datetime.strptime(f"{text[:19]}Z", "%m/%d/%Y %H:%M:%S%z").timestamp()
        return datetime.fromisoformat(text).timestamp() if text.endswith("Z") else None
    except ValueError:
        return None


class RotatingFile:
    """One log file.

    Args:
        path: Absolute.
        max_size: Bytes it may hold, None for no limit.
        max_age: Seconds after which it is rotated at the next write, None for never. Wall time: it spans reboots.
        backups: Rotated files to keep.
        mode: Permissions of the file, None for those that it gets or has.
        note: Makes a line of our own out of a text.
        rotated: Called after each rotation.
        intend: Told device and inode of the file, its size and how many bytes follow, before each write of those.
        hook: Called before each step of a rotation.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        path: str,
        *,
        max_size: int | None = None,
        max_age: float | None = None,
        backups: int = 5,
        mode: int | None = None,
        note: Callable[[str], bytes],
        rotated: Callable[[], None] = lambda: None,
        intend: Callable[[tuple[int, int], int, int], None] = lambda _identity, _offset, _length: None,
        hook: Hook = ignore,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.path = path
        self._max_size = max_size
        self._max_age = max_age
        self._backups = backups
        self._mode = mode
        self._note = note
        self._rotated = rotated
        self._intend = intend
        self._hook = hook
        self._clock = clock
        self._look_at = 0.0
        self._size = 0
        self._too_old = False
        self._in_line = False
        self._fd = -1
        self._identity = (-1, -1)
        self._created = 0.0
        self._dated = 0
        self._opened_before = False

    def change(self, *, max_size: int | None, max_age: float | None, backups: int, mode: int | None) -> None:
        """Rotate by these limits from now on, and have these permissions."""
        self._mode = mode
        if mode is not None and self._fd >= 0:
            set_mode(self._fd, mode)
        dates = max_age is not None and self._max_age is None and self._fd >= 0
        self._max_size, self._max_age, self._backups = max_size, max_age, backups
        if dates:
            self._date_first()

    def open(self) -> None:
        """Open it now, ending a rotation that was cut short.

        Raises:
            OSError: It cannot be opened, or is no regular file.
        """
        if self._fd >= 0:
            return
        with contextlib.suppress(FileNotFoundError):
            recover(self.path, self._backups)
        self._take(open_log(self.path, mode=self._mode))
        if self._opened_before:
            self._in_line = False
            self._write_note()
        self._opened_before = True

    def write(self, data: bytes) -> int:
        """Append `data` or a first part of it. Returns how many bytes of it are in the file.

        Raises:
            OSError: Nothing of it was written.
        """
        now = self._clock()
        if now >= self._look_at or self._fd < 0:
            self._look()
            self._look_at = now + _GLANCE
        data = self._fitting(data)
        if self._size and (self._too_old or not self._has_room(data)):
            if not self._in_line:
                return self._note_end(data, self._write_rotated(data))
            # No line is torn over two files: its end still goes here, if that comes within the limit, or a mark.
            end = data.find(b"\n") + 1
            if not end or (self._max_size is not None and self._size + end > self._max_size):
                self._append(_MARK, length=0)
                return self._note_end(data, self._write_rotated(data))
            data = data[:end]
        return self._note_end(data, self._append(data, length=len(data)))

    def _append(self, data: bytes, *, length: int) -> int:
        # Others may have written, too: only the kernel knows where ours will stand.
        self._intend(self._identity, os.lseek(self._fd, 0, os.SEEK_END), length)
        written = os.write(self._fd, data)
        self._size += written
        return written

    def resume(self) -> None:
        """See whether what another process wrote before us ends within a line.

        Raises:
            OSError: The file cannot be read.
        """
        fd = os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        try:
            self._in_line = self._size > 0 and os.pread(fd, 1, self._size - 1) != b"\n"
        finally:
            os.close(fd)

    def _note_end(self, data: bytes, written: int) -> int:
        self._in_line = data[written - 1] != 10
        return written

    def _fitting(self, data: bytes) -> bytes:
        """As many whole lines of `data` as a file may hold, or one that is longer than that all alone."""
        most = self._max_size
        if most is None or len(data) + self._mark_after(data) <= most:
            return data
        end = data.rfind(b"\n", 0, most) + 1 or data.find(b"\n") + 1
        # Without an end it is a piece of a line that nobody knows the length of.
        return data[: end or whole_characters(data[: max(4, most - len(_MARK))])]

    def _has_room(self, data: bytes) -> bool:
        if self._max_size is None:
            return True
        return self._size + len(data) + self._mark_after(data) <= self._max_size

    @staticmethod
    def _mark_after(data: bytes) -> int:
        """Bytes to keep free for the mark that a line needs which is not at its end."""
        return 0 if data[-1] == 10 else len(_MARK)

    def close(self) -> None:
        """Close the file."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _look(self) -> None:
        """See that the path still leads to our file, how big it is, and whether it is too old."""
        if self._fd >= 0:
            try:
                found = os.stat(self.path, follow_symlinks=False)
            except OSError:
                self.close()
            else:
                if (found.st_dev, found.st_ino) == self._identity:
                    self._size = found.st_size
                    self._too_old = self._max_age is not None and time.time() - self._created > self._max_age
                    return
                self.close()
        self.open()

    def _take(self, fd: int) -> None:
        found = os.fstat(fd)
        self._fd = fd
        self._identity = (found.st_dev, found.st_ino)
        self._size = found.st_size
        self._created = time.time()
        self._too_old = False
        if self._size and self._max_age is not None:
            self._date_first()
            self._too_old = time.time() - self._created > self._max_age

    def _date_first(self) -> None:
        self._created = _first_stamp(self.path) or os.fstat(self._fd).st_mtime

    def _write_note(self) -> None:
        """Write a note that this file took another's place. A disk that is full now will show it at the next write."""
        with contextlib.suppress(OSError):
            self._size += os.write(self._fd, self._note(REMOVED))

    def _date(self) -> None:
        """Set the time of change of a file that is complete: a follower tells by it which came before which.

        The kernel's own has steps of up to 10 ms, in which several files may be rotated.
        """
        self._dated = max(time.time_ns(), self._dated + 1)
        with contextlib.suppress(OSError):  # a file that somebody else owns
            os.utime(self._fd, ns=(self._dated, self._dated))

    def _write_rotated(self, data: bytes) -> int:
        """Write `data` to the next file first, then rotate: a kill at any point loses nothing and doubles nothing."""
        name = new_name(self.path)
        try:
            fd = open_log(name, os.O_EXCL, self._mode)
        except FileExistsError:
            os.unlink(name)
            fd = open_log(name, os.O_EXCL, self._mode)
        try:
            found = os.fstat(fd)
            self._intend((found.st_dev, found.st_ino), 0, len(data))
            written = os.write(fd, data)
            self._date()
            rotate(self.path, self._backups, self._hook)
        except OSError:
            os.close(fd)
            with contextlib.suppress(OSError):
                os.unlink(name)
            raise
        os.close(self._fd)
        self._take(fd)
        self._created, self._too_old = time.time(), False
        self._rotated()
        return written
