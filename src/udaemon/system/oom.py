"""The OOM score of this process and of what it starts (proc(5), oom_score_adj).

Knows no daemon. The score of a process is inherited by all that it starts, so who lowers his own gives it back to them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

_OWN = "/proc/self/oom_score_adj"
SHIELDED = -900
"""Low, but above -1000: at that the kernel would rather hang than end a process that has gone wild."""

EXPENDABLE = 900
"""For what nobody misses for long."""


def shield() -> int | None:
    """Make this process one of the last to be chosen. Returns the score from before, None where that is not allowed."""
    try:
        with open(_OWN, "r+") as file:
            before = int(file.read())
            if before <= SHIELDED:
                return None
            file.seek(0)
            file.write(str(SHIELDED))
    except (OSError, ValueError):
        return None
    return before


def is_shielded() -> bool:
    """Whether this process is one of the last to be chosen, by our doing or somebody else's."""
    own = _own()
    return own is not None and own <= SHIELDED


@contextmanager
def lent(score: int | None) -> Iterator[None]:
    """Have another score for a moment, which whatever is forked then inherits; None for no other."""
    before = None if score is None else _own()
    if before is None or score is None:
        yield
        return
    give("self", score)
    try:
        yield
    finally:
        give("self", before)


def give(pid: int | str, score: int) -> None:
    """Give a process ("self" for this one) a score; one that has ended needs none. To give more is always allowed."""
    with suppress(OSError), open(f"/proc/{pid}/oom_score_adj", "w") as file:
        file.write(str(score))


def _own() -> int | None:
    try:
        with open(_OWN) as file:
            return int(file.read())
    except (OSError, ValueError):
        return None
