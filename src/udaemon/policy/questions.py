"""What a process is asked, and by what it says the answer itself: words of events.

Knows no process and no answer.
"""

from __future__ import annotations

from enum import StrEnum


class Question(StrEnum):
    """What a process is asked again and again."""

    READY = "ready"
    HEALTH = "health"


class Teller(StrEnum):
    """By what a process says that it is ready or well, where nobody asks it."""

    NOTIFY = "notify"
    """sd_notify."""
    LOG_LINE = "log-line"
    """A line of its output."""
    TASK = "task"
    """The methods `ready` and `health` of its task."""
