"""Makes a log target from the daemon's keys, because the logger knows no manifest.

Knows nothing of files.
"""

from __future__ import annotations

from udaemon.logs.log_target import LogTarget
from udaemon.manifest.model import Daemon, OnFull


def log_target(daemon: Daemon, index: int, path: str) -> LogTarget:
    """Where the output of one instance goes, in the file `path`."""
    log, health = daemon.log, daemon.health
    return LogTarget(
        path=path,
        name=daemon.name,
        instance=index,
        tagged=daemon.instances > 1 and daemon.shares_log,
        format=log.format.value,
        timestamps=log.timestamps,
        max_size=log.max_size,
        max_age=log.max_age,
        backups=log.backups,
        compress=log.compress,
        drop=log.on_full is OnFull.DROP,
        mode=log.mode,
        ready=daemon.ready.log_line or "",
        health=health.log_line or "",
        healthy_for=health.period / 2 if health.log_line else 0.0,  # twice in the least time that it may be silent
    )


def common_target(path: str, *, timestamps: bool = False) -> LogTarget:
    """A common log: no line of it holds anybody up. Notices carry their own time, other output does not."""
    return LogTarget(path=path, timestamps=timestamps, max_size=10 * 1024**2, drop=True)
