"""A process in which no descriptor can be opened, though it really could."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def full_table() -> Iterator[None]:
    """No descriptor can be opened."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = max(map(int, os.listdir("/proc/self/fd")))  # tests before this one may have left some open
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 2, hard))
    ballast = []
    with suppress(OSError):
        while True:
            ballast.append(os.open("/", os.O_RDONLY))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        for fd in ballast:
            os.close(fd)
