"""One process of a `World`, and the pids that mean something.

Knows nothing of what happens to it.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from attrs import define, field

from udaemon.policy.instance import Key, Phase
from udaemon.system.exit_status import Status

US, INIT, KEEPER = 1, 0, 2
"""Pids of the supervisor, whose session is its own; of the process that gets the orphans of a dead supervisor; and of
the one that gets them where it has a keeper."""
FIRST_PID = 2**30
"""No process of this machine has such a number, whatever a look into /proc may say."""


@define(eq=False)
class Process:
    """One process.

    `fds` are real descriptors that it has open; `marks` is its environment. `born` and `reaped` say under which
    supervisor it was: so many had died before. `step` is which step it does in the place of its instance's own process.
    """

    pid: int
    parent: int
    session: int
    group: int
    started: int
    key: Key | None = None
    leader: bool = False
    fds: list[int] = field(factory=list)
    marks: dict[bytes, bytes] = field(factory=dict)
    ended: Status | None = None
    ended_at: float = 0.0
    born: int = 0
    reaped: int | None = None
    stopped: bool = False
    pending: list[int] = field(factory=list)
    unkillable_until: float = 0.0
    killed: bool = False
    executed: bool = False
    executed_at: float = 0.0
    said_leaving: bool = False
    step: tuple[Phase, int] | None = None
    on_signal: Callable[[int], None] = lambda _number: None

    @property
    def alive(self) -> bool:
        return self.ended is None

    @property
    def acts(self) -> bool:
        """Whether it does anything: KILL lets a process do nothing more, also where it cannot end yet."""
        return self.alive and not self.killed


def close(process: Process) -> None:
    for fd in process.fds:
        os.close(fd)
    process.fds.clear()
