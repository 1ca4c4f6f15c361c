"""What a helper of the supervisor's says: the number of what it was given, whether that went well, and why.

Knows nothing of what it was given, and loads nothing: both ends of the socket need it.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from udaemon.frames import frame

LIMIT = 1024 * 1024
"""Bytes of a frame to or from a helper: an environment may be long."""
LONGEST_REASON = 300


class Verdict(NamedTuple):
    """What came of it; the reason is for people."""

    number: int
    ok: bool
    reason: str


def verdict(number: int, *, ok: bool, reason: str) -> bytes:
    """The frame that says it."""
    return frame(json.dumps([number, ok, reason[:LONGEST_REASON]]).encode())


def verdict_of(payload: bytes) -> Verdict:
    """The verdict in a frame.

    Raises:
        ValueError: It is none.
    """
    said: Any = json.loads(payload)
    if not isinstance(said, list) or len(said) != 3 or not isinstance(said[0], int):
        raise ValueError("no verdict")
    return Verdict(said[0], bool(said[1]), str(said[2]))
