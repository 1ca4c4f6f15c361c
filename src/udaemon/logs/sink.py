"""One log file with what could not be written to it yet: nothing is lost silently while a disk is full.

Knows nothing of pipes. Whoever feeds it stops while `full` is true, and calls `retry` from time to time while `state`
is not "ok"; it has no timer of its own.
"""

from __future__ import annotations

import contextlib
import os
import time

from udaemon.logs import compress
from udaemon.logs.files import RotatingFile
from udaemon.logs.format import LineFormatter
from udaemon.logs.journal import Journal, allocate
from udaemon.logs.open_file import NotAFileError
from udaemon.logs.retained import Kept
from udaemon.logs.rotation import ZIPPED, backup, zip_name
from udaemon.system import oserror
from udaemon.units import output

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
        journal: What survives this process; None for memory of its own. Whoever appends commits `kept`.
        slot: The file's place in it.
    """

    def __init__(
        self,
        target: LogTarget,
        on_job: Callable[[int, Sink], None] = lambda _fd, _sink: None,
        *,
        journal: Journal | None = None,
        slot: int = 0,
    ) -> None:
        self.path = target.path
        self.backups = target.backups
        self.slot = slot
        self._own = allocate() if journal is None else -1
        self._journal = journal or Journal(self._own)
        self.kept = Kept(self._journal, slot)
        self._drop = target.drop
        self._formatter = LineFormatter(target)
        self._done = 0
        self._compress = target.compress
        self._on_job = on_job
        self._job: tuple[int, int, int] | None = None
        self._file = RotatingFile(
            target.path,
            max_size=target.max_size,
            max_age=target.max_age,
            backups=target.backups,
            mode=target.mode,
            note=lambda text: self._formatter.note(text, time.time()),
            rotated=self._start_job,
            intend=lambda identity, offset, length: self._journal.intend(self._done, identity, offset, length),
        )
        self.state = self._wording() if self.kept.size or self.kept.lines else OK

    @property
    def full(self) -> bool:
        """Writers are to be held up: there is no room left, and nothing may be dropped."""
        return self.kept.size >= BUFFER and not self._drop

    @property
    def unwritten(self) -> int:
        """Bytes that are still waiting to be written."""
        return self.kept.size

    def change(self, target: LogTarget) -> None:
        """Keep the file by these words from now on."""
        self.backups, self._drop, self._compress = target.backups, target.drop, target.compress
        self._formatter = LineFormatter(target)
        self._file.change(max_size=target.max_size, max_age=target.max_age, backups=target.backups, mode=target.mode)
        if self.state == OK:
            self._start_job()

    def open(self) -> None:
        """Try the file at once, so that a bad path shows before anything is written."""
        try:
            self._file.open()
        except OSError as error:
            self._fail(error)
        else:
            if self._compress:
                self._start_job()

    def append(self, lines: bytes, *, done: int = 0) -> None:
        """Write `lines`, or keep them, or drop and count them. Never raises, and never blocks but on the disk.

        Args:
            lines: Whole lines.
            done: How many of their bytes are in the file already.
        """
        if self.state == OK:
            if (done := self._write(lines, done)) == len(lines):
                return
        elif self.kept.lines or (self._drop and self.kept.size + len(lines) > BUFFER):
            # Once some are missing all are, up to the mark: what came later must not stand before it.
            self._count_dropped(lines)
            return
        self.kept.append(lines[done:])

    def retry(self) -> None:
        """Try again what could not be written; where lines were dropped, the mark comes after what was kept."""
        self.state = OK
        empty = not self.kept.size
        self._journal.retry(self.slot)
        self._write_kept()
        if self.state == OK and self.kept.lines:
            self.kept.append(self._mark())
            self._journal.commit(kept=self.kept.changed())
            self._write_kept()
        elif empty:
            self.open()
        self.kept.release()

    def written(self, count: int) -> None:
        """So much of what was kept is in the file."""
        self.kept.drop(count)
        self._journal.commit(kept=self.kept.changed())

    def resume(self) -> None:
        """Go on where another process was killed: end its rotation, and see whether it ended within a line."""
        with contextlib.suppress(OSError):
            self._file.open()
            self._file.resume()

    def lost(self) -> tuple[int, int]:
        """Lines and bytes that no file took, those that were dropped before too."""
        return self.kept.read().count(b"\n") + self.kept.lines, self.kept.size + self.kept.dropped

    def give_up(self) -> None:
        """Let go of them."""
        self._journal.retry(self.slot)
        self.kept.lines = self.kept.dropped = 0
        self.written(self.kept.size)

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        if self._own >= 0:
            os.close(self._own)
            self._own = -1

    def job_done(self) -> None:
        """Give the compressed file the name of the one it was made of, which may have shifted meanwhile."""
        if self._job is None:
            return
        pid, inode, fd = self._job
        self._job = None
        os.close(fd)
        _, status = os.waitpid(pid, 0)
        if status != 0 or not self._name_zipped(inode):
            with contextlib.suppress(OSError):
                os.unlink(zip_name(self.path))
        if status == 0:  # else the next one would hardly do better; a rotation tries again
            self._start_job()

    def cancel_job(self) -> None:
        """Cancel compression: the plain file stays."""
        if self._job is not None:
            pid, _, fd = self._job
            self._job = None
            os.close(fd)
            os.kill(pid, 9)  # SIGKILL, without the import of enum; our own child, not reaped yet
            os.waitpid(pid, 0)
            with contextlib.suppress(OSError):
                os.unlink(zip_name(self.path))

    def _name_zipped(self, inode: int) -> bool:
        for number in range(1, self.backups + 1):
            name = f"{self.path}.{number}"
            with contextlib.suppress(OSError):
                if os.stat(name, follow_symlinks=False).st_ino == inode:
                    os.rename(zip_name(self.path), name + ZIPPED)
                    os.unlink(name)
                    return True
        return False

    def _write(self, lines: bytes, done: int = 0) -> int:
        """Returns how much is written."""
        self.kept.ends_line = lines[-1] == 10
        try:
            while done < len(lines):
                self._done = done
                done += self._file.write(lines[done:] if done else lines)
        except OSError as error:
            self._fail(error)
        return done

    def _write_kept(self) -> None:
        if kept := self.kept.read():
            self._journal.retry(self.slot)
            self.written(self._write(kept))

    def _fail(self, error: OSError) -> None:
        if isinstance(error, NotAFileError):
            self.kept.error = oserror.reason(error)
        else:
            self.kept.error = oserror.name(error)
        self.state = self._wording()

    def _wording(self) -> str:
        return f"{'dropping' if self.kept.lines else 'blocked'} ({self.kept.error})"

    def _count_dropped(self, lines: bytes) -> None:
        if not self.kept.lines:
            self.kept.since = time.time()
        self.kept.lines += lines.count(b"\n") or 1
        self.kept.dropped += len(lines)
        self.state = self._wording()

    def _mark(self) -> bytes:
        """The line that stands where lines are missing."""
        since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.kept.since))
        lost = output(self.kept.lines, self.kept.dropped)
        text = f"{lost} dropped here since {since} ({self.kept.error})"
        self.kept.lines = self.kept.dropped = 0
        return (b"" if self.kept.ends_line else b"\n") + self._formatter.note(text, time.time())

    def _start_job(self) -> None:
        """Compress the oldest rotated file that is not yet; one at a time."""
        if not self._compress or self._job is not None:
            return
        for number in range(self.backups, 0, -1):
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
