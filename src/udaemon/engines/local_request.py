"""A start as the engine of this machine goes about it: what was asked for, and the descriptors that it takes.

Knows nothing of how the process is made.
"""

from __future__ import annotations

import os

from attrs import frozen

from udaemon.manifest.model import Daemon
from udaemon.policy.instance import Key
from udaemon.policy.plan import StartPlan


@frozen(kw_only=True)
class LocalRequest:
    """What the start of one process takes.

    Attributes:
        key: Which instance.
        daemon: What is declared.
        plan: What it takes beyond the daemon's keys.
        board: The region of the scoreboard that has its slot.
        slot: The slot's number there.
        lock: Holds the instance's flock; closed when the last of the process's tree has gone.
        output: Becomes its stdout and stderr; closed once the process has it.
    """

    key: Key
    daemon: Daemon
    plan: StartPlan
    board: int
    slot: int
    lock: int
    output: int

    def close(self) -> None:
        """There is no process for these descriptors."""
        os.close(self.lock)
        os.close(self.output)
