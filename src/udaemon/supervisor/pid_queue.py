"""The pid files that are still to be written: when nobody waits for a start any more, as starts are what is waited for.

Knows nothing of the files but how to have them written and removed. A file takes some file operations for each
directory; between the forks of a thousand daemons those would keep the last of them waiting.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from udaemon.policy.instance import Instance, Key
from udaemon.supervisor.pidfiles import PidFiles

_WITHIN = 1.0
"""Seconds after which they are written all the same: a start may take as long as an import."""


class PidQueue:
    """Puts pid files off until the last start under way has come to its end, or failed.

    They are written before anybody is told of that end, so that who waits for `up` or `start` finds them.

    Args:
        files: Writes and removes them.
        on_trouble: Called with what could not be written of an instance. Its daemon runs all the same.
    """

    def __init__(self, files: PidFiles, on_trouble: Callable[[Key, str], None]) -> None:
        self._files = files
        self._on_trouble = on_trouble
        self._starting: set[Key] = set()
        self._unwritten: dict[Key, tuple[Instance, int]] = {}
        self.deadline: float | None = None

    def starts(self, key: Key) -> None:
        """A process of this instance is being started: `started` or `gone` follows."""
        self._starting.add(key)

    def started(self, instance: Instance, pid: int) -> None:
        """It is there."""
        self._starting.discard(instance.key)
        if not self._unwritten:
            self.deadline = time.monotonic() + _WITHIN
        self._unwritten[instance.key] = instance, pid
        self._write_if_idle()

    def renamed(self, instance: Instance, pid: int) -> None:
        """It is declared in another way now: where its file would have another name, it gets that one."""
        if instance.key in self._unwritten or self._files.is_misnamed(instance):
            self.started(instance, pid)

    def gone(self, key: Key) -> None:
        """There is no process of this instance."""
        self._starting.discard(key)
        self._unwritten.pop(key, None)
        self._files.remove(key)
        self._write_if_idle()

    def write(self) -> None:
        """Write all that are still to be written."""
        unwritten, self._unwritten, self.deadline = self._unwritten, {}, None
        for instance, pid in unwritten.values():
            try:
                self._files.write(instance, pid)
            except OSError as error:
                self._on_trouble(instance.key, f"pid file cannot be written: {error}")

    def _write_if_idle(self) -> None:
        if self._unwritten and not self._starting:
            self.write()
