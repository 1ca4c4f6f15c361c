"""Whether the files that a manifest was read from are still the same on disk.

Knows nothing of what is in them. To look at a file takes as long as its file system likes: no supervisor does.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping


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
