"""One process of an instance, from its start to the end of the last of its descendants.

Knows nothing of what follows from it.
"""

from __future__ import annotations

import os
import signal
import socket

from attrs import define, field

from udaemon.child import timetables
from udaemon.child.pace import write_pace
from udaemon.child.report import FrameReader, Leaving
from udaemon.child.signals import NUDGE
from udaemon.engines.base import Listener
from udaemon.engines.child_spec import pace_of
from udaemon.engines.zygote.protocol import Origin
from udaemon.manifest.model import Daemon
from udaemon.policy.events import Renewed, SpawnFailed
from udaemon.policy.instance import Key
from udaemon.policy.plan import NO_PLAN, StartPlan, has_task
from udaemon.policy.timetable import timetable
from udaemon.system.exit_status import Status
from udaemon.system.kernel import Kernel
from udaemon.system.process_tree import Relative


@define(eq=False, kw_only=True)
class ManagedProcess:
    """A process that the engine manages, and what it reported.

    Attributes:
        pidfd: Names the process; closed once it is reaped.
        lock: Holds the instance's lock, where that is ours to hold.
        reports: Our end of its socket, for one that reports.
        origin: What it was forked from; None for one that was executed.
        leaving: Its report that it is about to exit, and why.
        had_good_run: It has said so, and need not say it again.
        refusal: Why its program was not executed; it is told of it when it has ended.
        ended: How it ended, once that is known.
        survivors: Pids and pidfds of what it left behind.
        missed: Pids of what it left behind and no descriptor was there for: they are looked for again.
        asked: The signal by which what it left behind was asked to end, and which is sent to whatever that leaves.
        told_at: Clock ticks since the system was started, when all of its session had that signal.
        told: Pids of those that had it then one by one: under `udaemon run` it leads no session.
        left_alone: One that it leaves behind and that is not asked to end: it asked for this end, and is about to.
        killing: Whatever of it is still found is killed.
    """

    key: Key
    daemon: Daemon
    pid: int
    pidfd: int
    lock: int | None = None
    reports: socket.socket | None = None
    reader: FrameReader = field(factory=FrameReader)
    origin: Origin | None = None
    leaving: Leaving | None = None
    had_good_run: bool = False
    refusal: SpawnFailed | None = None
    ended: Status | None = None
    survivors: dict[int, int] = field(factory=dict)
    missed: set[int] = field(factory=set)
    asked: int | None = None
    told_at: int | None = None
    told: frozenset[int] = frozenset()
    left_alone: int | None = None
    killing: bool = False

    def go_by(
        self,
        daemon: Daemon,
        board: int,
        slot: int,
        kernel: Kernel,
        *,
        plan: StartPlan = NO_PLAN,
        listener: Listener = lambda _key, _event: None,
    ) -> None:
        """Go by this declaration; a task that runs is told of another pace in its slot, and looks there now.

        Another timetable is sent to it before. Where it cannot be told, it is to have a new process.
        """
        before, self.daemon = self.daemon, daemon
        if self.ended or not (has_task(before) and has_task(daemon)):
            return
        former, table = (timetable(plan, each, self.key.index, os.environ) for each in (before, daemon))
        if table != former and not timetables.send(self.reports, table):
            listener(self.key, Renewed("another schedule"))
        elif table != former or pace_of(before) != pace_of(daemon):
            write_pace(board, slot, pace_of(daemon))
            kernel.send(self.pidfd, signal.Signals(NUDGE))

    def was_told(self, relative: Relative) -> bool:
        """Whether one that it left behind had the signal that went to all of its session, or is to have none."""
        if relative.pid == self.left_alone:
            return True
        was_there = self.told_at is not None and relative.started < self.told_at
        return was_there and (relative.session == self.pid or relative.pid in self.told)

    def unlock(self) -> None:
        """Close our part of its lock; whatever of the instance has it open yet keeps holding it."""
        if self.lock is not None:
            os.close(self.lock)
            self.lock = None

    def drop(self, kernel: Kernel) -> None:
        """Kill it, and let go of all that is ours of it: nobody will follow it."""
        kernel.send(self.pidfd, signal.SIGKILL)
        os.close(self.pidfd)
        if self.reports is not None:
            self.reports.close()
