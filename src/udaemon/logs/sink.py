"""One log file with what could not be written to it yet: nothing is lost in silence while a disk is full.

Knows nothing of pipes. Whoever feeds it stops while `full` is true, and calls `retry` from time to time while `state`
is not "ok"; it has no timer of its own.
"""

from __future__ import annotations

import contextlib
import os
import time

from udaemon.logs import compress
from udaemon.logs.files import NotAFileError, RotatingFile
from udaemon.logs.format import LineFormatter
from udaemon.logs.rotation import ZIPPED, backup, zip_name
from udaemon.system import oserror

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from udaemon.logs.log_target import LogTarget

BUFFER = 256 * 1024
"""Bytes kept for a file that cannot be written, before its writers are held up or their lines dropped."""

OK = "ok"


class Sink:
    """Takes whole lines for one file.

    Args:
        target: The first pipe's; the others that share the file want the same.
        on_job: Called with an fd that becomes readable when `job_done` is to be called.
    """

    def __init__(self, target: LogTarget, on_job: Callable[[int, Sink], None] = lambda _fd, _sink: None) -> None:
        self.path = target.path
        self.state = OK
        self._drop = target.drop
        self._backups = target.backups
        self._formatter = LineFormatter(target)
        self._pending: list[bytes] = []
        self._pending_bytes = 0
        self._ends_line = True
        self._error = ""
        self._dropped_lines = 0
        self._dropped_bytes = 0
        self._dropped_from = 0.0
        self._compress = target.compress
        self._on_job = on_job
        self._job: tuple[int, int, int] | None = None
        self._file = RotatingFile(
            target.path,
            max_size=target.max_size,
            max_age=target.max_age,
            backups=target.backups,
            note=lambda text: self._formatter.note(text, time.time()),
            rotated=self._start_job,
        )

    @property
    def full(self) -> bool:
        """Writers are to be held up: there is no room left, and nothing may be dropped."""
        return self._pending_bytes >= BUFFER and not self._drop

    @property
    def unwritten(self) -> int:
        """Bytes that are still waiting to be written."""
        return self._pending_bytes

    def open(self) -> None:
        """Try the file at once, so that a bad path shows before anything is written."""
        try:
            self._file.open()
        except OSError as error:
            self._fail(error)
        else:
            if self._compress:
                self._start_job()

    def append(self, lines: bytes) -> None:
        """Write `lines`, or keep them, or drop and count them. Never raises, and never blocks but on the disk."""
        if self.state == OK:
            if not (lines := self._write(lines)):
                return
        elif self._dropped_lines or (self._drop and self._pending_bytes + len(lines) > BUFFER):
            # Once some are missing all are, up to the mark: what came later must not stand before it.
            self._count_dropped(lines)
            return
        self._pending.append(lines)
        self._pending_bytes += len(lines)

    def retry(self) -> None:
        """Try again what could not be written; where lines were dropped, the mark comes after what was kept."""
        self.state = OK
        kept = b"".join(self._pending)
        rest = self._write(kept) if kept else b""
        if self.state == OK and self._dropped_lines:
            rest = self._write(self._mark())
        elif not kept:
            self.open()
        self._pending = [rest] if rest else []
        self._pending_bytes = len(rest)

    def give_up(self) -> tuple[int, int]:
        """Let go of what no file took, the lines that were dropped before too. Returns how many lines and bytes."""
        kept = b"".join(self._pending)
        lost = (kept.count(b"\n") + self._dropped_lines, len(kept) + self._dropped_bytes)
        self._pending, self._pending_bytes = [], 0
        self._dropped_lines = self._dropped_bytes = 0
        return lost

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def job_done(self) -> None:
        """Give the compressed file the name of the one it was made of, which may have shifted meanwhile."""
        if self._job is None:
            return
        pid, inode, fd = self._job
        self._job = None
        os.close(fd)
        _, status = os.waitpid(pid, 0)
        if status == 0 and self._name_zipped(inode):
            self._start_job()
        else:
            with contextlib.suppress(OSError):
                os.unlink(zip_name(self.path))

    def cancel_job(self) -> None:
        """Let compression be: the plain file stays."""
        if self._job is not None:
            pid, _, fd = self._job
            self._job = None
            os.close(fd)
            os.kill(pid, 9)  # SIGKILL, without the import of enum; our own child, not reaped yet
            os.waitpid(pid, 0)
            with contextlib.suppress(OSError):
                os.unlink(zip_name(self.path))

    def _name_zipped(self, inode: int) -> bool:
        for number in range(1, self._backups + 1):
            name = f"{self.path}.{number}"
            with contextlib.suppress(OSError):
                if os.stat(name, follow_symlinks=False).st_ino == inode:
                    os.rename(zip_name(self.path), name + ZIPPED)
                    os.unlink(name)
                    return True
        return False

    def _write(self, lines: bytes) -> bytes:
        """Returns what could not be written."""
        self._ends_line = lines[-1] == 10
        try:
            while lines:
                written = self._file.write(lines)
                lines = lines[written:] if written < len(lines) else b""
        except OSError as error:
            self._fail(error)
        return lines

    def _fail(self, error: OSError) -> None:
        if isinstance(error, NotAFileError):
            self._error = oserror.reason(error)
        else:
            self._error = oserror.name(error)
        self.state = self._wording()

    def _wording(self) -> str:
        return f"{'dropping' if self._dropped_lines else 'blocked'} ({self._error})"

    def _count_dropped(self, lines: bytes) -> None:
        if not self._dropped_lines:
            self._dropped_from = time.time()
        self._dropped_lines += lines.count(b"\n") or 1
        self._dropped_bytes += len(lines)
        self.state = self._wording()

    def _mark(self) -> bytes:
        """The line that stands where lines are missing."""
        since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self._dropped_from))
        text = f"{self._dropped_lines} lines ({self._dropped_bytes} bytes) dropped here since {since} ({self._error})"
        self._dropped_lines = self._dropped_bytes = 0
        return (b"" if self._ends_line else b"\n") + self._formatter.note(text, time.time())

    def _start_job(self) -> None:
        """Compress the oldest rotated file that is not yet; one at a time."""
        if not self._compress or self._job is not None:
            return
        for number in range(self._backups, 0, -1):
            name = backup(self.path, number)
            if name is None or name.endswith(ZIPPED):
                continue
            with contextlib.suppress(OSError):
                source = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
                try:
                    pid, fd = compress.start(source, zip_name(self.path))
                    self._job = (pid, os.fstat(source).st_ino, fd)
                finally:
                    os.close(source)
                self._on_job(fd, self)
            return
