"""Takes the free blocks between the objects that the imports have made, so that what a child makes lies together.

Knows nothing of what was imported. Python gives a new object the first free block of its size, and thousands of those
are strewn over the pages that a zygote shares with its children: each that a child fills is a page copied for it. After
this, new objects fill page after page. It takes about one percent of a zygote's memory, all of it resident before.
"""

from __future__ import annotations

import os
import sys

_ALIGNMENT = 16
_LARGEST = 512
"""What is larger comes from the C library."""
_HEAD = sys.getsizeof(b"")
_POOL = 16 * 1024
_POOL_HEAD = 48
"""Blocks of a size lie in pools, after this head (Objects/obmalloc.c); the first ones of a new pool share its page."""
_ROW = 4
_MOST = 1024 * 1024
"""Bytes to take of one size, whatever the heap looks like."""

_taken: list[bytes] = []


def take_free_blocks() -> None:
    """Take them, and keep them for good."""
    if "PYTHONMALLOC" in os.environ or sys.flags.dev_mode:
        return  # the heap is another one
    smallest = _HEAD + -_HEAD % _ALIGNMENT
    for size in range(smallest, _LARGEST + 1, _ALIGNMENT):
        _take(size)


def _take(size: int) -> None:
    """Take blocks of a size until a pool begins that nobody has used: its first blocks come in a row."""
    last = row = 0
    for _ in range(_MOST // size):
        block = bytes(size - _HEAD)
        _taken.append(block)
        place = id(block)
        if place % _POOL == _POOL_HEAD:
            row = 1
        elif row and place == last + size:
            row += 1
        else:
            row = 0
        if row == _ROW:
            return
        last = place
