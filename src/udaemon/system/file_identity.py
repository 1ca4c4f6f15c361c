"""What a descriptor is open on. Knows nothing of what it is for."""

from __future__ import annotations

import os


def identity(fd: int) -> tuple[int, int]:
    """Device and inode. The same number may be open on something else later. (-1, -1) for a closed one."""
    try:
        status = os.fstat(fd)
    except OSError:
        return -1, -1
    return status.st_dev, status.st_ino
