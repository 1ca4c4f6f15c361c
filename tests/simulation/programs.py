"""What the programs of daemons do once they run: obey or not, crash, fork, report, flood.

Knows nothing of udaemon but the frames of a report.
"""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable

from attrs import frozen
from tests.simulation.processes import Process
from tests.simulation.world import World

from udaemon.child.report import GoodRun, Leaving, ReadyReport, Report, RunFailed, encode
from udaemon.system.exit_status import Status

FOREVER = 1e9
_ENDINGS = (0, 0, 1, 3, 78, -signal.SIGSEGV, -signal.SIGKILL)
"""Exit codes, and signals as negative numbers."""


@frozen(kw_only=True)
class Habits:
    """How the processes of one daemon behave. Chances are from 0 to 1, times in seconds.

    Attributes:
        lives: How long one lives by itself, one of these.
        obeys: Chance that it ends when it is asked to.
        leaves: Chance that it starts others.
        outlives: Chance that one of those obeys not.
        escapes: Chance that one of those makes a session of its own.
        hangs: Chance that it sits in the kernel for a while, where no KILL reaches it.
        floods: Chance of very many reports, or of what is no report at all.
    """

    lives: tuple[float, ...] = (FOREVER,)
    obeys: float = 1.0
    leaves: float = 0.0
    outlives: float = 0.0
    escapes: float = 0.0
    hangs: float = 0.0
    floods: float = 0.0


def habits(world: World) -> Habits:
    """Those of a daemon, by chance."""
    chance = world.chance
    return Habits(
        lives=chance.choice(((FOREVER,), (0.0, 0.001, 0.5), (2.0, 30.0, FOREVER), (0.05, FOREVER))),
        obeys=chance.choice((1.0, 1.0, 0.5, 0.0)),
        leaves=chance.choice((0.0, 0.0, 0.3, 1.0)),
        outlives=chance.choice((0.0, 0.5, 1.0)),
        escapes=chance.choice((0.0, 0.5)),
        hangs=chance.choice((0.0, 0.0, 0.1)),
        floods=chance.choice((0.0, 0.1)),
    )


class Programs:
    """Lets processes live by the habits of their daemons."""

    def __init__(self, world: World, of: Callable[[str], Habits]) -> None:
        self._world = world
        self._of = of

    def live(self, process: Process, report: int | None) -> None:
        """A daemon's program begins. It has `report`, a socket, where it is a task."""
        assert process.key is not None
        world, chance, own = self._world, self._world.chance, self._of(process.key.name)
        obeys = world.hit(own.obeys)
        leaves = chance.choice(_ENDINGS)
        process.on_signal = lambda number: self._on_signal(process, number, report, obeys=obeys)
        if process.step is not None:
            self._do_step(process, own)
            return
        life = chance.choice(own.lives)
        if report is not None:
            world.at(chance.choice((0.0, 0.2)), lambda: self._report(process, report, ReadyReport(), GoodRun()))
            if world.hit(own.floods):
                world.at(chance.uniform(0.0, 3.0), lambda: self._flood(process, report))
        if world.hit(own.hangs):
            world.at(chance.uniform(0.0, 20.0), lambda: self._hang(process))
        if world.hit(own.leaves):
            for _ in range(chance.choice((1, 1, 3))):
                world.at(chance.uniform(0.0, min(life, 3.0)), lambda: self._fork(process, own))
        if life < FOREVER:
            world.at(life, lambda: self._leave(process, leaves, report))

    def _do_step(self, process: Process, own: Habits) -> None:
        """A step ends soon and well, or not; some leave something behind, and one in a while hangs."""
        world, chance = self._world, self._world.more
        if world.more.random() < own.leaves / 4:
            world.at(0.0, lambda: self._fork(process, own))
        if chance.random() < 0.93:
            code = 0 if chance.random() < 0.8 else 1
            world.at(chance.choice((0.0, 0.01, 0.3)), lambda: world.end(process, Status(code, None, core=False)))

    def _leave(self, process: Process, how: int, report: int | None) -> None:
        """End by itself; a task says so first, and may then take its time over it."""
        world = self._world
        if not process.acts:
            return
        if report is not None and how >= 0 and world.hit(0.7):
            reason = {0: "task-stopped", 78: "config"}.get(how, "exception")
            process.said_leaving = True
            self._report(process, report, Leaving(reason, "ValueError: no" if how else None))
            if world.hit(0.3):
                world.at(world.chance.uniform(0.0, 15.0), lambda: world.end(process, _status(how)))
                return
        world.end(process, _status(how))

    def _on_signal(self, process: Process, number: int, report: int | None, *, obeys: bool) -> None:
        world = self._world
        if number in (signal.SIGUSR1, signal.SIGURG) or not obeys:
            return
        takes = world.chance.choice((0.0, 0.0, 0.01, 0.4, 4.0))
        if report is not None and world.hit(0.8):
            world.at(takes, lambda: self._stopped(process, report))
        else:
            world.at(takes, lambda: world.end(process, Status(None, number, core=False)))

    def _stopped(self, process: Process, report: int) -> None:
        if process.acts:
            process.said_leaving = True
            self._report(process, report, Leaving("stopped", None))
            self._world.end(process, Status(0, None, core=False))

    def _fork(self, parent: Process, own: Habits) -> None:
        """Start another process: in the same session or not, with our lock and marks or without."""
        world = self._world
        if not parent.acts:
            return
        escapes = world.hit(own.escapes)
        child = world.fork(
            parent.pid,
            fds=() if escapes and world.hit(0.3) else parent.fds,
            session=None if escapes else parent.session,
            key=parent.key,
            marks=parent.marks if world.hit(0.8) else {},
        )
        obeys = not world.hit(own.outlives)
        child.on_signal = lambda number: self._on_signal(child, number, None, obeys=obeys)
        if world.hit(own.hangs):
            self._hang(child)
        if world.hit(0.3):
            world.at(world.chance.uniform(0.0, 10.0), lambda: self._fork(child, own))
        if world.hit(0.6):
            world.at(world.chance.uniform(0.0, 20.0), lambda: world.end(child, Status(0, None, core=False)))

    def _hang(self, process: Process) -> None:
        process.unkillable_until = self._world.now + self._world.chance.choice((1.0, 8.0, 40.0))

    def _flood(self, process: Process, report: int) -> None:
        failed = encode(RunFailed(7, "ValueError: again"))
        garbage = self._world.chance.choice((b"\0" * 5000, b"\xff" * 100, b"\0\0\0\2{}" * 50, failed * 300))
        if process.acts:
            _send(report, garbage)

    def _report(self, process: Process, report: int, *reports: Report) -> None:
        for one in reports if process.acts else ():
            _send(report, encode(one))


def _send(fd: int, data: bytes) -> None:
    """What the socket does not take is dropped, as a daemon's own reporter drops it; nobody may listen any more."""
    ours = socket.socket(fileno=fd)
    try:
        ours.send(data, socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)
    except OSError:
        pass
    finally:
        ours.detach()


def _status(how: int) -> Status:
    return Status(how, None, core=False) if how >= 0 else Status(None, -how, core=False)
