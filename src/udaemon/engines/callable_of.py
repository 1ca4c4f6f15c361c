"""Which callable a daemon's process imports. Knows no process; `udaemon up` asks it before there is one."""

from __future__ import annotations

from udaemon.manifest.model import Daemon

_PHP_TASK = "udaemon.php.task:create"


def callable_of(daemon: Daemon) -> str:
    """The callable that its process imports: the daemon's task, what makes it, or for PHP what makes ours.

    Raises:
        ValueError: It is a command.
    """
    named = _PHP_TASK if daemon.kind == "php" else daemon.task or daemon.factory
    if named is None:
        raise ValueError(f"{daemon.name} has no task")
    return named
