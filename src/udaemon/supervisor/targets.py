"""What the logger is told about a log: made from the daemon's keys, because the logger knows no manifest.

Knows nothing of files.
"""

from __future__ import annotations

from udaemon.logs.target import LogTarget
from udaemon.manifest.model import Daemon, LogFormat, OnFull


def log_target(daemon: Daemon, index: int, path: str) -> LogTarget:
    """Where the output of one instance goes; instances share their daemon's file, `path`."""
    log = daemon.log
    return LogTarget(
        path=path,
        name=daemon.name,
        instance=index,
        tagged=daemon.instances > 1,
        as_json=log.format is LogFormat.JSON,
        timestamps=log.timestamps,
        max_size=log.max_size,
        max_age=log.max_age,
        backups=log.backups,
        compress=log.compress,
        drop=log.on_full is OnFull.DROP,
    )


def common_target(path: str) -> LogTarget:
    """A common log: its lines carry their own time, and no line of it holds a daemon up."""
    return LogTarget(path=path, timestamps=False, max_size=10 * 1024**2, drop=True)
