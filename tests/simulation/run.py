"""One simulated run: a real supervisor with its loop and engine, over a world in which everything goes wrong.

Knows nothing of what is right; `invariants.py` does. The same seed is the same run, to the last system call.
"""

from __future__ import annotations

import gc
import os
import shutil
import signal
import tempfile
import warnings
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from attrs import frozen
from tests.simulation.core import Core
from tests.simulation.declared import Declared
from tests.simulation.descriptors import opened
from tests.simulation.incarnation import Incarnation
from tests.simulation.invariants import Invariants
from tests.simulation.keeper import SimulatedKeeper
from tests.simulation.keeping import Keeping, Outlived, Together
from tests.simulation.operator import Operator
from tests.simulation.programs import Habits, Programs, habits
from tests.simulation.scenario import Scenario, scenario_of
from tests.simulation.world import Faults, SupervisorDied, World

from udaemon.policy import ledger
from udaemon.service.outlive import KEPT_HANDOFF, handed
from udaemon.supervisor.ledger import LEDGER
from udaemon.system.exit_status import Status

_TURNS = 20_000
_KILLED = Status(None, signal.SIGKILL, core=False)


@frozen
class Result:
    """What came of a run."""

    seed: int
    wrongs: tuple[str, ...]
    trace: tuple[str, ...]
    turns: int

    def told(self) -> str:
        """What was wrong, and how to see it again."""
        return "\n".join([f"seed {self.seed}: python -m tests.simulation {self.seed}", *self.wrongs])


class Run:
    """A run of one seed.

    Args:
        seed: Decides everything.
        core: The parts of the supervisor that may be otherwise.
        scenario: What there is in it.
        wall_jumps: Whether somebody sets the clock of the day.
    """

    def __init__(self, seed: int, core: Core, scenario: Scenario, *, wall_jumps: bool) -> None:
        self.seed = seed
        self.core = core
        self.world = World(seed, wall_jumps=wall_jumps)
        self.world.kept = scenario.kept
        self.directory = tempfile.mkdtemp(prefix="udaemon-sim-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
        self._habits: dict[str, Habits] = {}
        self.declared = Declared(self.world, scenario)
        self.manifest = self.declared.first()
        self.operator = Operator(self.world, self, self.declared, scenario)
        self.keeper = SimulatedKeeper(self.world)
        self.book = Invariants(self.world)
        self.now: Incarnation | None = None
        self.turns = 0
        self._stood = False

    def habits_of(self, name: str) -> Habits:
        """How the programs of a daemon behave."""
        if name not in self._habits:
            self._habits[name] = habits(self.world)
        return self._habits[name]

    def go(self) -> Result:
        """Run it: faults and verbs, then quiet, then the end."""
        world, before = self.world, len(opened())
        gc.disable()
        gc.freeze()  # of what is garbage after a death only what is of this run has to be looked for
        environment = dict(os.environ)
        for name in environment:  # each start copies it
            del os.environ[name]
        try:
            self._base = opened()
            self.operator.plan()
            self._up()
            self._until(world.now + self.operator.horizon)
            world.faults, world.dies_after = Faults(), None
            self._until(world.now + self.operator.quiet)
            self._settle()
        finally:
            if self.now is not None:
                self.now.close()
            self.keeper.close()
            world.close()
            shutil.rmtree(self.directory, ignore_errors=True)
            os.environ.update(environment)
            gc.unfreeze()
            gc.enable()
        if (left := len(opened()) - before) != 0:
            world.wrong(f"I7: {left} descriptors are left open")
        trace = (line.replace(self.directory, "RUN") for line in world.trace)
        return Result(self.seed, tuple(world.wrongs), tuple(trace), self.turns)

    def _up(self) -> None:
        """The first supervisor, or the next one."""
        if not self._stood:
            self.book = Invariants(self.world)
        keeping = self._keeping()
        self.now = Incarnation(
            self.world,
            self.core,
            self.manifest,
            keeping=keeping,
            book=self.book,
            programs=Programs(self.world, self.habits_of),
            directory=self.directory,
        )
        self._living(self._begin)

    def _keeping(self) -> Keeping:
        if not self.world.kept:
            return Together(self.world, self.directory, self.core.kernel(self.world))
        left = self.keeper.legacy() if self._stood else None
        if left is not None and KEPT_HANDOFF in left.store:
            self.manifest = handed(left.store[KEPT_HANDOFF].fd)[0]
        keeping = Outlived(self.world, self.directory, self.core.kernel, self.keeper, left)
        keeping.on_recorded = self.book.recorded
        self.core.spoil(keeping)
        return keeping

    def _begin(self) -> None:
        """One that has no room to begin says so and ends; somebody tries again."""
        assert self.now is not None
        try:
            self.now.begin(autostart=not self._stood)
        except OSError as error:
            self.world.say("no room:", error)
            if self._stood:
                raise SupervisorDied from None
            self.now.close()
            self.now = None
            self.keeper.close()
            self.world.at(1.0, self._up)
        else:
            self._stood = self.world.kept
            self.book.taken_over()

    def _living(self, act: Callable[[], None]) -> None:
        """Do something as the supervisor, which may die over it."""
        try:
            act()
        except SupervisorDied:
            died = True
        else:
            died = False
        if died:  # only now, as the exception holds what the frames below it had
            self._died()

    def _until(self, moment: float) -> None:
        self.world.at(moment - self.world.now, self._wake)
        while self.world.now < moment and not self.world.wrongs:
            self._turn()

    def _wake(self) -> None:
        if self.now is not None:
            self.now.tell(lambda: None)

    def _turn(self) -> None:
        self.turns += 1
        if self.turns > _TURNS:
            self.world.wrong("the loop spins")
            return
        if self.now is None:
            self.world.advance(self.world.next_at() or self.world.now)
        else:
            self._living(self.now.turn)

    def _settle(self) -> None:
        """Everything is as wanted; then everything stops, within its bound."""
        if self.world.wrongs or self.now is None:
            return
        last, world = self.now, self.world
        last.book.settled(last.fleet)
        last.tell(last.shut_down)
        instances = last.fleet.instances.values()
        longest = sum(one.daemon.stop.timeout for one in instances)  # each may wait for one that needs it
        until = max([world.now + 2 * longest, *(one.deadline or 0.0 for one in instances)]) + 60.0
        world.at(until - world.now, self._wake)
        while not last.finished and world.now < until and not world.wrongs:
            self._turn()
        if not last.finished and not world.wrongs:
            world.wrong(f"I9: not down after {until - 1:.0f}: {[str(one.key) for one in instances if not one.at_rest]}")

    def _died(self) -> None:
        """Nothing is left of it; what it ran dies within two seconds or is kept, and another one comes."""
        dead, world = self.now, self.world
        assert dead is not None
        self.now = None
        dead.drop()
        if self._stood:
            self.keeper.supervisor_died()
        held = {fd for one in world.processes.values() for fd in one.fds} | self.keeper.descriptors()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)  # nobody closes what a killed process had open
            gc.collect()  # a socket that is found to be garbage later would close a number that is another's by then
        for fd in opened() - self._base - held:
            with suppress(OSError):
                os.close(fd)
        if self._stood:
            world.supervisor_died()
            self._next(dead)
        else:
            self._end_all()

    def _next(self, dead: Incarnation) -> None:
        """The keeper starts the next one."""
        world = self.world
        found = ledger.Read()
        with suppress(FileNotFoundError), open(f"{self.directory}/{LEDGER}", "rb") as file:
            found = ledger.read(file.read())
        assert isinstance(dead.keeping, Outlived)
        self.book.supervisor_died(dead.fleet, found.entries, whole=not dead.keeping.ledger._refused)
        takes = world.more.choice((0.01, 0.2, 3.0))
        world.late += takes
        world.at(takes, self._up)
        self.operator.kill_again()

    def _end_all(self) -> None:
        """Whoever started it ends what it has left."""
        world = self.world
        self.keeper.close()
        world.kept, kept = False, world.kept
        world.supervisor_died()
        world.kept = kept
        for process in [*world.processes.values()]:
            if process.key is not None and process.alive:
                world.at(world.chance.uniform(0.0, 2.0), partial(world.end, process, _KILLED))
        world.at(world.chance.uniform(0.0, 3.0), self._up)


def run(seed: int, core: Core | None = None, scenario: Scenario | None = None, *, wall_jumps: bool = True) -> Result:
    """Run one seed."""
    return Run(seed, core or Core(), scenario or scenario_of(seed), wall_jumps=wall_jumps).go()
