"""How long one system call may be asked to wait, and which of several moments comes first.

Knows nothing of what is waited for, and imports nothing: the logger starts with this too.
"""

LONGEST = 1e6
"""Seconds: eleven days. epoll and poll take milliseconds in 31 bits, which end at 24 d 20 h 31 m 23 s."""


def bounded(seconds: float | None) -> float | None:
    """The time-out for one call; None stays None, for ever. The caller looks at its clock and waits on.

    Args:
        seconds: What is left of the whole wait; less than nothing is none.
    """
    return None if seconds is None else min(max(seconds, 0.0), LONGEST)


def earliest(*moments: float | None) -> float | None:
    """The first of these moments; None is never."""
    return min((at for at in moments if at is not None), default=None)
