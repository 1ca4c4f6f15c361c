"""The table `cgroup`: what all processes of an instance may use together.

Knows no kernel: whether a group may be had is known at the start.
"""

from __future__ import annotations

from typing import Any

from udaemon.frozen import frozen
from udaemon.manifest.keys import Table, key
from udaemon.manifest.values import Flag, Number, Size

PERIOD = 100_000
"""Microseconds, the kernel's own: in each, a group has so much of the processors as its share is."""


@frozen(kw_only=True)
class Cgroup:
    """Limits of an instance's control group. None is no limit."""

    memory_max: int | None = key(
        "Memory that all its processes may have together. Beyond it the kernel kills: reason `oom`.",
        Size(low=1),
        example="512M",
    )
    cpu: float | None = key(
        "Processors that all its processes may use together: 0.5 is half of one.",
        Number(0.01, 10_000),
        example=0.5,
    )
    pids: int | None = key(
        "How many processes and threads there may be.", Number(1, 4_194_304, whole=True), example=100
    )
    optional: bool = key(
        "Go without where the group cannot be had, and say so in the common log; else the daemon is not started.",
        Flag(),
        default=False,
        example=True,
    )

    @property
    def limits(self) -> dict[str, tuple[str, str]]:
        """What is written for what is limited: by the kernel's name of the controller, the key and the text."""
        said: dict[str, tuple[str, str]] = {}
        if self.memory_max is not None:
            said["memory"] = ("memory-max", str(self.memory_max))
        if self.cpu is not None:
            said["cpu"] = ("cpu", f"{round(self.cpu * PERIOD)} {PERIOD}")
        if self.pids is not None:
            said["pids"] = ("pids", str(self.pids))
        return said


CGROUP: Any = key(
    "Limits of all processes of an instance together, by a control group (cgroup v2) of its own. udaemon needs one "
    "that was delegated to it: `Delegate=yes` in its systemd unit.",
    Table(Cgroup),
    default=Cgroup(),
)
