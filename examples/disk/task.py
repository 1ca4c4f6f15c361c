"""Tells how full a disk is, every few seconds."""

from __future__ import annotations

import shutil

from udaemon import TaskContext


class DiskReport:
    def __init__(self, path: str, warn_at: float, context: TaskContext) -> None:
        self.path = path
        self.warn_at = warn_at
        self.log = context.log

    def do_task(self) -> None:
        usage = shutil.disk_usage(self.path)
        percent = 100 * usage.used / usage.total
        if percent >= self.warn_at:
            self.log.warning("%s is %.0f %% full", self.path, percent)
        else:
            self.log.info("%s is %.0f %% full, %.1f GB left", self.path, percent, usage.free / 1e9)


def create(path: str, warn_at: float, context: TaskContext) -> DiskReport:
    """`path` and `warn_at` are the manifest's `params`; `context` comes because it is asked for."""
    return DiskReport(path, warn_at, context)
