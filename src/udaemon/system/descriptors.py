"""Which descriptors a process closes, all but those that it is given, and which it points at nothing.

Knows nothing of what they are.
"""

from __future__ import annotations

import os
import resource
from collections.abc import Collection, Iterator


def gaps(keep: Collection[int]) -> Iterator[tuple[int, int]]:
    """The ranges of descriptors between those to keep, each from its first to the one after its last."""
    start = 0
    for fd in sorted(keep):
        if start < fd:  # an empty range that begins at 0 is all of them to close_range(2)
            yield start, fd
        start = fd + 1
    yield start, resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def close_others(keep: Collection[int]) -> None:
    """Close all but these."""
    for first, end in gaps(keep):
        os.closerange(first, end)


def point_at_null(*fds: int) -> None:
    """Have these be /dev/null, so that the next file that is opened does not take their numbers."""
    null = os.open(os.devnull, os.O_RDWR)
    for fd in fds:
        os.dup2(null, fd)
    os.close(null)
