"""What a supervisor does whose daemons die with it: nothing is kept for anybody who might come after it.

Knows nothing of what is declared. Everything that `outlive.py` does is here as a supervisor without a keeper does it.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from udaemon.child.lifeline import Lifeline
from udaemon.child.scoreboard import Scoreboard
from udaemon.control import rundir
from udaemon.engines.fd_store import NO_STORE
from udaemon.logs.client import LoggerLink
from udaemon.policy.instance import Instance, Key
from udaemon.service.handoff import Handoff
from udaemon.supervisor.log_pipes import LogPipes
from udaemon.supervisor.loop import Loop
from udaemon.supervisor.notices import Notices
from udaemon.supervisor.slots import Slots, rounded
from udaemon.system.kernel import KERNEL

if TYPE_CHECKING:
    from udaemon.control.rundir_guard import RundirGuard
    from udaemon.service.recovery import Parts
    from udaemon.supervisor.perform import Performer


class Together:
    """A supervisor and its daemons live and die together."""

    def __init__(self, directory: str) -> None:
        self.notices = Notices(by_turn=True)
        self.store = NO_STORE
        self.kernel = KERNEL
        self.lifeline = Lifeline.own()
        self.left = self.link = None
        self.on_keeper_gone: Callable[[], None] = lambda: None
        self._directory = directory

    def note(self, key: Key, instance: Instance | None) -> None:
        """An instance has changed."""

    def board(self, keys: Collection[Key]) -> tuple[Scoreboard, Slots]:
        """A new scoreboard, with a slot for each of these."""
        scoreboard = Scoreboard.create(f"{self._directory}/{rundir.SCOREBOARD}", rounded(len(keys)))
        return scoreboard, Slots(scoreboard, keys)

    def inherit_logs(self, logger: LoggerLink, logs: LogPipes) -> None:
        """There are none."""

    def listener(self) -> socket.socket | None:
        """There is none."""
        return None

    def guard(self, performer: Performer, key: Key, pidfd: int) -> None:
        """Have the logger end a process should we die."""
        performer.guard(key, pidfd)

    def keep_handoff(self, handed: Handoff) -> None:
        """Nobody will ask for it."""

    def keep_place(self, guard: RundirGuard, claim: socket.socket | None) -> None:
        """Nobody comes after it."""

    def begin(self, loop: Loop, on_child: Callable[[], None]) -> None:
        """It stands."""

    def resume(self, _parts: Parts) -> bool:
        """There is nothing to go on with."""
        return False

    def record(self, *, leaving: bool) -> None:
        """The end of a turn."""

    def give_way(self, _why: str) -> bool:
        """Nobody stands by."""
        return False

    def close(self) -> None:
        """Everything has stopped."""
