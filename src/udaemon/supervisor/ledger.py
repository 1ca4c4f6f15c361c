"""The ledger's file: what the next supervisor needs to know of each instance, should this one be killed.

Knows nothing of what stands in an entry (`policy/ledger.py`). Entries are appended, those of one turn of the loop by
one write; when most of the file is outdated, it is written anew beside the old one and takes its place. A disk that is
full stops nothing: what could not be written is written as soon as there is room.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress

from udaemon.policy import ledger
from udaemon.policy.instance import Instance, Key
from udaemon.policy.ledger import Read
from udaemon.system import oserror
from udaemon.system.kernel import KERNEL, Kernel
from udaemon.units import counted, form

LEDGER = "ledger"
"""Its name in the run directory."""

_AGAIN = 1.0
"""Seconds to the next try to write what the disk refused."""
_SLACK = 64 * 1024
"""Bytes that a file may always have before it is written anew."""
_LONGEST = 64 * 1024 * 1024
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Ledger:
    """A ledger that is written; add it to the loop for its `deadline`.

    Args:
        path: Its file. What stands there is replaced at the first write.
        on_trouble: Called with a sentence when it cannot be written, and when it can again.
        kernel: Writes, and has the clocks.
    """

    def __init__(
        self, path: str, on_trouble: Callable[[str], None] = lambda _text: None, kernel: Kernel = KERNEL
    ) -> None:
        self.deadline: float | None = None
        self._path = path
        self._on_trouble = on_trouble
        self._kernel = kernel
        self._boot = boot()
        self._leaving = False
        self._lines: dict[Key, bytes] = {}
        self._size = 0
        self._changed: dict[Key, Instance | None] = {}
        self._seen: dict[Key, tuple[int, float]] = {}
        self._fd: int | None = None
        self._written = 0
        self._refused = False

    def note(self, key: Key, instance: Instance | None) -> None:
        """An instance has changed, or is no more; `flush` writes what it is then."""
        self._changed[key] = instance
        if instance is None or instance.pid is None:  # the next process may have the number of this one
            self._seen.pop(key, None)

    def leaving(self) -> None:
        """Everything is being stopped from now on."""
        if not self._leaving:
            self._leaving = True
            self.flush()
            self.rewrite()

    def flush(self) -> None:
        """Write what has changed, in one go."""
        if not self._changed:
            return
        changed, self._changed = self._changed, {}
        data = b"".join([self._entered(key, instance) for key, instance in changed.items()])
        if self._refused:
            return  # all of it is written at the next try
        if self._fd is None or self._written + len(data) > _SLACK + 4 * self._size:
            self.rewrite()
            return
        try:
            self._append(data)
        except OSError as error:
            self._refuse(error)

    def rewrite(self) -> None:
        """Write it anew, in place of whatever stands there: the file may have been taken away."""
        former = self._fd
        try:
            self._replace(ledger.head(self._boot, leaving=self._leaving) + b"".join(self._lines.values()))
        except OSError as error:
            self._refuse(error)
            return
        if former is not None:
            os.close(former)
        self.deadline = None
        if self._refused:
            self._refused = False
            self._on_trouble("the ledger is written again")

    def expire(self, _now: float) -> None:
        """Try again."""
        self.deadline = None
        self.flush()
        self.rewrite()

    def close(self) -> None:
        """Nothing lives any more: there is nothing to know."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None
        with suppress(OSError):
            os.unlink(self._path)

    def _entered(self, key: Key, instance: Instance | None) -> bytes:
        self._size -= len(self._lines.get(key, b""))
        if instance is None:
            self._lines.pop(key, None)
            return ledger.gone(key)
        line = self._lines[key] = ledger.line(instance, self._seen_at(key, instance.pid))
        self._size += len(line)
        return line

    def _seen_at(self, key: Key, pid: int | None) -> float | None:
        """Since when its process is known: whatever has its number and began later is another one."""
        if pid is None:
            return None
        if key not in self._seen or self._seen[key][0] != pid:
            self._seen[key] = pid, self._kernel.since_boot()
        return self._seen[key][1]

    def _replace(self, data: bytes) -> None:
        """Write another file and put it there, or change nothing."""
        beside, before = f"{self._path}.new", (self._fd, self._written)
        with suppress(FileNotFoundError):
            os.unlink(beside)
        self._fd, self._written = os.open(beside, _FLAGS | os.O_EXCL, 0o600), 0
        try:
            self._append(data)
            os.rename(beside, self._path)
        except BaseException:
            os.close(self._fd)
            self._fd, self._written = before
            with suppress(OSError):
                os.unlink(beside)
            raise

    def _append(self, data: bytes) -> None:
        assert self._fd is not None
        while data:
            sent = self._kernel.write(self._fd, data)
            self._written += sent
            data = data[sent:]

    def _refuse(self, error: OSError) -> None:
        """A line may be cut short, and what comes after it would be lost with it: all is written anew."""
        self.deadline = self._kernel.now() + _AGAIN
        if not self._refused:
            self._refused = True
            self._on_trouble(f"the ledger cannot be written: {oserror.named_reason(error)}")


def load(path: str, on_trouble: Callable[[str], None]) -> Read:
    """What the ledger of a former supervisor says; nothing where there is none of this start of the machine.

    Raises:
        UdaemonError: It is of a newer version.
    """
    try:
        data = _content(path)
    except FileNotFoundError:
        return Read()
    except OSError as error:
        on_trouble(f"the ledger cannot be read: {oserror.named_reason(error)}")
        return Read()
    found = ledger.read(data)
    if found.damaged:
        on_trouble(
            f"the ledger is damaged: {counted(found.damaged, 'line')} of it {form(found.damaged, 'is', 'are')} ignored"
        )
    return found if found.boot == boot() else Read()


def boot() -> str:
    """Names this start of the machine."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return ""


def _content(path: str) -> bytes:
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(fd, "rb") as file:
        return file.read(_LONGEST)
