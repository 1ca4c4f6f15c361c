"""What is done to a supervisor from outside: faults that begin and end, what the operator asks for, and kills.

Knows nothing of what is right.
"""

from __future__ import annotations

import signal
from functools import partial
from typing import Protocol

from tests.simulation.declared import Declared
from tests.simulation.incarnation import Incarnation
from tests.simulation.scenario import PLAIN, Scenario
from tests.simulation.world import Faults, World

from udaemon.manifest.model import Manifest
from udaemon.policy.events import KickAsked, PauseAsked, RestartAsked, ResumeAsked, StartAsked, StopAsked
from udaemon.policy.instance import Key
from udaemon.system.exit_status import Status

_KILLED = Status(None, signal.SIGKILL, core=False)


class Runs(Protocol):
    """The run: who supervises now, and what was declared last."""

    now: Incarnation | None
    manifest: Manifest


class Operator:
    """Does it.

    Args:
        world: Has the chances.
        run: Whose supervisors they are.
        declared: What can be declared.
        scenario: What there is in the run.
    """

    def __init__(self, world: World, run: Runs, declared: Declared, scenario: Scenario) -> None:
        self.horizon, self.quiet = (60.0, 120.0) if scenario == PLAIN else (24.0, 60.0)
        """Seconds in which anything may happen, and after them those in which nothing more goes wrong."""
        self._most = 40 if scenario == PLAIN else 20
        self._world = world
        self._run = run
        self._declared = declared
        self._scenario = scenario

    def plan(self) -> None:
        """When which fault begins and ends, and when the operator does something."""
        world, chance = self._world, self._world.chance
        for _ in range(chance.randint(0, 6)):
            begin, takes = chance.uniform(0.0, self.horizon * 0.8), chance.choice((1.0, 10.0))
            chances = {name: chance.choice((0.0, 0.3, 1.0)) for name in ("fork_refused", "no_descriptors", "no_memory")}
            faults = Faults(**chances, disk_full=chance.random() < 0.5, pause=chance.choice((0.0, 0.02)))
            world.at(begin, partial(self._faults, faults))
            world.at(begin + takes, partial(self._faults, Faults()))
        for _ in range(chance.randint(0, self._most)):
            world.at(chance.uniform(0.0, self.horizon), self._operate)
        if chance.random() < 0.2:
            world.dies_after = chance.randint(1, 1500)
        if self._scenario.needs or self._scenario.runs:
            for _ in range(world.more.randint(0, 8)):
                world.at(world.more.uniform(0.0, self.horizon), self._operate_more)
        if world.kept:
            for _ in range(world.more.randint(0, 4)):
                world.at(world.more.uniform(0.0, self.horizon), self._kill_supervisor)

    def kill_again(self) -> None:
        """One was killed; the next one may be while it takes over."""
        if self._world.now < 1000.0 + self.horizon and self._world.more.random() < 0.3:
            self._world.dies_after = self._world.more.randint(1, 60)

    def _kill_supervisor(self) -> None:
        if self._run.now is not None:
            self._world.dies_after = self._world.more.randint(1, 100)

    def _faults(self, faults: Faults) -> None:
        self._world.say(faults)
        self._world.faults = faults

    def _operate(self) -> None:
        now, chance = self._run.now, self._world.chance
        if now is None or not now.fleet.instances:
            return
        key = chance.choice([*now.fleet.instances])
        match chance.randrange(12):
            case 0 | 1 | 2:
                now.tell(partial(now.ask, key, StartAsked()))
            case 3 | 4:
                now.tell(partial(now.ask, key, RestartAsked()))
            case 5 | 6:
                now.tell(partial(now.ask, key, StopAsked()))
            case 7:
                now.tell(partial(now.ask, key, StopAsked(timeout=chance.choice((0.0, 0.5, 30.0)))))
            case 8:
                now.tell(partial(now.ask, key, StopAsked(hurry=True)))
            case 9:
                now.tell(partial(now.supervisor.send_signal, [key], chance.choice(("USR1", "STOP", "CONT"))))
            case 10:
                self._kill_one(key)
            case _:
                now.tell(partial(self._change, now, self._declared.changed(self._run.manifest), chance.random() < 0.5))

    def _operate_more(self) -> None:
        now, more = self._run.now, self._world.more
        if now is None or not now.fleet.instances:
            return
        verbs = (PauseAsked(), ResumeAsked(), ResumeAsked(), KickAsked(), StartAsked(alone=True))
        now.tell(partial(now.ask, more.choice([*now.fleet.instances]), more.choice(verbs)))

    def _kill_one(self, key: Key) -> None:
        for one in self._world.processes.values():
            if one.key == key and one.alive and one.leader:
                self._world.end(one, _KILLED)
                return

    def _change(self, now: Incarnation, manifest: Manifest, at_once: bool) -> None:
        if now.change(manifest, at_once=at_once):
            self._run.manifest = manifest
