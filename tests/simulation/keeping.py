"""What is kept of a supervisor for the next one: everything, or nothing where its daemons die with it.

Knows nothing of what is right. The one that keeps everything is the real one, over a keeper that is simulated.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection

from tests.simulation.keeper import SimulatedKeeper
from tests.simulation.kernel import KeptBy, SimulatedKernel
from tests.simulation.stand_ins import Logger
from tests.simulation.world import World

from udaemon.child.lifeline import Lifeline
from udaemon.child.scoreboard import Scoreboard
from udaemon.engines.fd_store import NO_STORE
from udaemon.engines.kept import KeptKernel
from udaemon.manifest.model import Manifest
from udaemon.policy.instance import Instance, Key
from udaemon.service.handoff import Handoff
from udaemon.service.keeper_link import Legacy
from udaemon.service.outlive import Outlive
from udaemon.service.recovery import Parts
from udaemon.supervisor.log_pipes import LogPipes
from udaemon.supervisor.loop import Loop
from udaemon.supervisor.notices import Notices
from udaemon.supervisor.perform import Performer
from udaemon.supervisor.slots import Slots, rounded
from udaemon.system.kernel import Kernel


class Together:
    """A supervisor and its daemons live and die together."""

    def __init__(self, world: World, directory: str, kernel: SimulatedKernel) -> None:
        self.kernel: Kernel = kernel
        self.simulated = kernel
        self.store = NO_STORE
        self.notices = Notices(world.wall_clock)
        self._directory = directory
        read, self._lifeline = os.pipe2(os.O_CLOEXEC)
        self.lifeline = Lifeline(read)

    def note(self, key: Key, instance: Instance | None) -> None:
        """An instance has changed."""

    def board(self, keys: Collection[Key]) -> tuple[Scoreboard, Slots]:
        """A new scoreboard."""
        scoreboard = Scoreboard.create(f"{self._directory}/scoreboard", rounded(len(keys)))
        return scoreboard, Slots(scoreboard, keys)

    def inherit_logs(self, logger: Logger, logs: LogPipes) -> None:
        """There are none."""

    def keep_manifest(self, manifest: Manifest) -> None:
        """Nobody will ask for it."""

    def guard(self, performer: Performer, key: Key, pidfd: int) -> None:
        """Have the logger end a process should we die."""
        performer.guard(key, pidfd)

    def begin(self, loop: Loop, on_child: Callable[[], None]) -> None:
        """It stands."""

    def resume(self, parts: Parts) -> bool:
        """There is nothing to go on with."""
        return False

    def record(self, *, leaving: bool) -> None:
        """Nobody comes after it."""

    def close(self) -> None:
        """Everything has stopped."""
        os.close(self._lifeline)
        self.lifeline.let_go()

    def let_drop(self) -> None:
        """It was killed."""

    def attend(self) -> None:
        """There is no keeper."""


class Outlived(Outlive):
    """A supervisor that is followed by another one when it dies."""

    def __init__(
        self, world: World, directory: str, kind: type[SimulatedKernel], keeper: SimulatedKeeper, left: Legacy | None
    ) -> None:
        link = keeper.connect()
        kernel = type("_Kept", (KeptBy, kind), {"__init__": kind.__init__})(world)
        KeptKernel.__init__(kernel, lambda: link.pid, link.reap)
        super().__init__(link, directory, left, kernel)
        self.attend = keeper.attend
        self.simulated: SimulatedKernel = kernel
        self.on_recorded: Callable[[], None] = lambda: None
        self._link = link

    def inherit_logs(self, logger: Logger, logs: LogPipes) -> None:  # type: ignore[override]
        """Go on with the log pipes that are left."""
        logger.inherit(self.inherit_pipes(logs))

    def keep_manifest(self, manifest: Manifest) -> None:
        """Keep what is declared now."""
        self.keep_handoff(
            Handoff(
                manifest=manifest,
                directory=self._directory,
                autostart=False,
                lock=-1,
                ready=None,
                claim=None,
                lifeline=None,
                source=None,
            )
        )

    def record(self, *, leaving: bool) -> None:
        """The end of a turn; what there was no room for is written later."""
        super().record(leaving=leaving)
        if not self.ledger._refused:
            self.on_recorded()

    def close(self) -> None:
        """Everything has stopped."""
        super().close()
        self.lifeline.let_go()

    def let_drop(self) -> None:
        """It was killed: let go of what closes itself when it is found to be garbage."""
        self._link._socket.close()


Keeping = Together | Outlived
