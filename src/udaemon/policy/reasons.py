"""Why a process ended, and of which class a start is that failed.

Knows no process; whoever sees one end says which it was.
"""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Why a process ended, or why it could not begin."""

    STOPPED = "stopped"
    """It was asked to."""
    TASK_STOPPED = "task-stopped"
    """Its task raised StopTask."""
    EXCEPTION = "exception"
    """An exception left its task or its factory."""
    EXITED = "exited"
    """It left by itself, with an exit code and no other reason."""
    KILLED = "killed"
    """A signal ended it."""
    OOM = "oom"
    """The kernel killed it because memory ran out."""
    CONFIG = "config"
    """It cannot begin as it is declared: a bad task or factory, a missing program."""
    MEMORY = "memory"
    """It had grown too large, and left between two runs to be started anew."""
    UNREADY = "unready"
    """It was not ready in time."""
    UNHEALTHY = "unhealthy"
    """It was not well, and was to be restarted for that."""
    TIMEOUT = "timeout"
    """A run took longer than it may."""
    CANCELLED = "cancelled"
    """Another run was due, and was not to wait for this one."""
    BEFORE_START = "before-start"
    """A step before its start failed, so that it was not started."""
    UNKILLABLE = "unkillable"
    """It was killed and did not go away."""


class Trouble(StrEnum):
    """The class of a failed start. A crash is a third class, but a crash begins with a start."""

    CONFIG = "config"
    """Report it, do not retry."""
    RESOURCE = "resource"
    """Retry for ever; this is not counted as a crash."""
