"""What a process was forked from.

Knows nothing of zygotes.
"""

from __future__ import annotations

from typing import NamedTuple


class Origin(NamedTuple):
    """Which zygote a process was forked from, by pid, and why that had imported nothing for it; None where it had."""

    zygote: int
    bare: str | None = None
