"""Whether the files that a manifest was read from are still the same on disk.

Knows nothing of what is in them.
"""

from __future__ import annotations

import os

from udaemon.manifest.model import Manifest


def stamp(file: str) -> tuple[int, int]:
    """Time (nanoseconds) and size of a file, zeros where there is none: another stamp is another text."""
    try:
        status = os.stat(file)
    except OSError:
        return 0, 0
    return status.st_mtime_ns, status.st_size


def changed_files(manifest: Manifest) -> list[str]:
    """Those that a manifest was read from and that are others on disk by now."""
    return [file for file, before in manifest.files.items() if stamp(file) != before]
