"""What is declared: daemons by chance, and manifests that follow one another.

Knows nothing of how their programs behave.
"""

from __future__ import annotations

from typing import Any

from attrs import evolve
from tests.simulation.scenario import Scenario
from tests.simulation.world import World

from udaemon.manifest.chains import AfterRun, Ending
from udaemon.manifest.dependencies import Condition, Dependency
from udaemon.manifest.model import Backoff, Daemon, Manifest, Restart, StartLimit, StartMethod, Stop
from udaemon.manifest.schedule import Overlap
from udaemon.manifest.steps import StepCommand

SHORTEST_STEP = 0.5
"""Seconds that any step may take."""


class Declared:
    """What the operator declares.

    Args:
        world: Has the chances.
        scenario: What there is in the run.
    """

    def __init__(self, world: World, scenario: Scenario) -> None:
        self._world = world
        self._scenario = scenario
        self._scheduled: list[str] = []
        self._most = world.more.choice((None, 1, 2)) if scenario.locks else None

    def first(self) -> Manifest:
        """The first manifest."""
        return self.manifest([self.daemon(f"d{number}") for number in range(self._world.chance.randint(1, 5))])

    def changed(self, manifest: Manifest) -> Manifest:
        """It is declared otherwise."""
        chance = self._world.chance
        daemons = [*manifest.daemons.values()]
        match chance.randrange(6):
            case 5:
                daemons[0] = evolve(daemons[0], common_log=f"/log/{chance.randrange(3)}-common.log")
            case 0 if len(daemons) > 1:
                daemons.pop(chance.randrange(len(daemons)))
            case 1:
                daemons.append(self.daemon(f"n{int(self._world.now * 1000)}"))
            case 2:
                daemons[0] = evolve(daemons[0], env={"N": str(chance.random())})
            case 3:
                daemons[0] = evolve(daemons[0], enabled=not daemons[0].enabled)
            case _:
                daemons[-1] = evolve(daemons[-1], stop=evolve(daemons[-1].stop, timeout=chance.choice((0.1, 2.0))))
        return self.manifest(daemons)

    def manifest(self, daemons: list[Daemon]) -> Manifest:
        """These."""
        named = {daemon.name: daemon for daemon in daemons}
        for daemon in daemons:
            needs = tuple(need for need in daemon.depends_on if need.name in named)
            follows = tuple(run for run in daemon.after_run if run.name in named)
            if (needs, follows) != (daemon.depends_on, daemon.after_run):
                named[daemon.name] = evolve(daemon, depends_on=needs, after_run=follows)
        return Manifest(file="/p/udaemon.toml", directory="/", project="p", daemons=named, max_starting=self._most)

    def daemon(self, name: str) -> Daemon:
        """One daemon."""
        chance = self._world.chance
        task = chance.random() < 0.3
        return Daemon(
            **self._more(name, task=task),
            name=name,
            command=None if task else ("db", "serve"),
            factory="jobs:create" if task else None,
            start_method=StartMethod.SPAWN,
            instances=chance.choice((1, 1, 2)),
            autostart=chance.random() < 0.8,
            restart=chance.choice([*Restart]),
            backoff=Backoff(initial=chance.choice((0.0, 0.1, 1.0)), max=chance.choice((1.0, 10.0))),
            start_limit=StartLimit(count=chance.choice((3, 10, 1000)), window=60.0, then=chance.choice((None, 5.0))),
            stop=Stop(timeout=chance.choice((0.0, 0.5, 5.0, 3600.0)), kill_tree=chance.random() < 0.8),
            log_dir="/log",
            common_log="/log/common.log",
        )

    def _more(self, name: str, *, task: bool) -> dict[str, Any]:
        """The keys that only some scenarios have."""
        chance, scenario, keys = self._world.more, self._scenario, dict[str, Any]()
        if scenario.steps:
            keys["before_start"] = self._steps("before-start")
            keys["after_stop"] = self._steps("after-stop")
        if scenario.locks:
            keys["lock"] = tuple(lock for lock in ("db", "net") if chance.random() < 0.4)
        if scenario.needs:
            earlier = [f"d{number}" for number in range(int(name[1:]))] if name[0] == "d" else []
            keys["depends_on"] = tuple(self._need(other) for other in earlier if chance.random() < 0.5)
        if scenario.runs and not task and chance.random() < 0.6:
            keys["overlap"] = chance.choice([*Overlap])
            if self._scheduled and chance.random() < 0.6:
                keys["after_run"] = (AfterRun(chance.choice(self._scheduled), chance.choice([*Ending])),)
            else:
                keys["sleep"] = chance.choice((0.5, 4.0))
            self._scheduled.append(name)
        return keys

    def _steps(self, name: str) -> tuple[StepCommand, ...]:
        chance = self._world.more
        count = chance.choice((0, 0, 1, 2))
        return tuple(StepCommand((f"{name}:{index}",), chance.choice((SHORTEST_STEP, 5.0))) for index in range(count))

    def _need(self, name: str) -> Dependency:
        chance = self._world.more
        return Dependency(
            name,
            chance.choice([Condition.STARTED, Condition.READY, Condition.READY, Condition.COMPLETED]),
            required=chance.random() < 0.8,
            restart=chance.random() < 0.3,
        )
