"""Whether the files that a manifest was read from are still the same on disk.

Knows nothing of what is in them. To look at a file takes as long as its file system likes: no supervisor does.
"""

from __future__ import annotations

import _thread
import os
from collections.abc import Iterator, Mapping

_PATIENCE = 1.0
"""Seconds for a look at all files of a manifest."""


def stamp(file: str) -> tuple[int, int]:
    """Time (nanoseconds) and size of a file, zeros where there is none: another stamp is another text."""
    try:
        status = os.stat(file)
    except OSError:
        return 0, 0
    return status.st_mtime_ns, status.st_size


def changed_files(files: Mapping[str, tuple[int, int]]) -> Iterator[str]:
    """Those of these files that are others on disk by now, by the stamps that they had; each when it is found."""
    return (file for file, before in files.items() if stamp(file) != before)


def changed_in_time(files: Mapping[str, tuple[int, int]]) -> list[str]:
    """Those that are others by now, of those that can be looked at in time: a file system may not answer."""
    found: list[str] = []
    done = _thread.allocate_lock()
    done.acquire()

    def look() -> None:
        found.extend(changed_files(files))
        done.release()

    try:
        _thread.start_new_thread(look, ())  # `threading` would cost `ps --json` more than the look
    except RuntimeError:  # no more threads may be started (clone(2), EAGAIN): then as long as it takes
        look()
    done.acquire(timeout=_PATIENCE)
    return found[:]
