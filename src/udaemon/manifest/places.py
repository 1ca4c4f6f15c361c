"""Lines and columns of a text, from 1.

Knows no format. A line ends with a line feed and with nothing else, as editors count.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable

from udaemon.manifest.problems import Path

Place = tuple[int, int]
Places = dict[Path, tuple[Place, Place]]
"""For each path the place of its key and of its value."""


def place_at(text: str, offset: int) -> Place:
    """Return line and column of an offset."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def placer(text: str) -> Callable[[int], Place]:
    """Return a function that places many of them: the lines are looked for once."""
    starts = [0, *(found.end() for found in re.finditer("\n", text))]

    def place(offset: int) -> Place:
        line = bisect_right(starts, offset)
        return line, offset - starts[line - 1] + 1

    return place
