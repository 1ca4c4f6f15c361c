"""The OOM score of this process and of what it starts (proc(5), oom_score_adj).

Knows no daemon. The score of a process is inherited by all that it starts, so who lowers his own gives it back to them.
"""

from __future__ import annotations

from contextlib import suppress

_OWN = "/proc/self/oom_score_adj"
SHIELDED = -900
"""Low, but above -1000: at that the kernel would rather hang than end a process that has gone wild."""


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


def restore(pid: int, score: int) -> None:
    """Give a child of ours the score that we had; one that has ended already needs none."""
    with suppress(OSError), open(f"/proc/{pid}/oom_score_adj", "w") as file:
        file.write(str(score))
