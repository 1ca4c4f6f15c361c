"""A supervisor without a process: its engine and its logger are fakes, its policy, slots and files are real.

Knows no loop: a test ends each turn by hand.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from attrs import evolve
from tests.fakes.engine import FakeEngine

from udaemon.child.scoreboard import Scoreboard
from udaemon.logs.log_target import LogTarget
from udaemon.manifest.model import Daemon, Manifest
from udaemon.policy.events import Event
from udaemon.policy.fleet import Fleet
from udaemon.policy.instance import Key, State
from udaemon.supervisor.log_pipes import LogPipes
from udaemon.supervisor.notices import Notice, Notices
from udaemon.supervisor.pidfiles import PidFiles
from udaemon.supervisor.schedules import Schedules
from udaemon.supervisor.slots import Slots
from udaemon.supervisor.supervisor import Supervisor


class _NoReactor:
    """No descriptor of it is ever ready."""

    def watch(self, fd: int, callback: Callable[[], None]) -> None:
        """Do nothing."""

    def forget(self, fd: int) -> None:
        """Do nothing."""


class Logs:
    """A logger that takes a log pipe's read end; `errors` has what it raises for a file of a name."""

    def __init__(self) -> None:
        self.errors: dict[str, Exception] = {}
        self.fds: list[int] = []
        self.targets: list[LogTarget] = []
        self.spawned_as: list[tuple[int, int]] = []
        self.changed: list[tuple[int, LogTarget, int | None]] = []
        self.watched: list[tuple[int, int]] = []

    def open(self, number: int, read: int, target: LogTarget) -> None:
        if (error := self.errors.get(os.path.basename(target.path))) is not None:
            raise error
        self.fds.append(read)
        self.targets.append(target)

    def watch(self, number: int, pidfd: int) -> None:
        if "watch" in self.errors:
            raise self.errors["watch"]
        self.watched.append((number, pidfd))

    def change(self, number: int, target: LogTarget, pid: int | None) -> None:
        self.changed.append((number, target, pid))

    def spawned(self, number: int, pid: int) -> None:
        self.spawned_as.append((number, pid))


class Engine(FakeEngine):
    """Fails to signal the instances in `unsignalled`."""

    unsignalled: frozenset[Key] = frozenset()

    def signal(self, key: Key, name: str) -> None:
        if key in self.unsignalled:
            raise MemoryError
        super().signal(key, name)


def manifest(directory: Path, *daemons: Daemon) -> Manifest:
    """A manifest of these, with their logs in a directory."""
    log_dir = str(directory / "log")
    here = {one.name: one if one.log_dir else _logged(one, log_dir) for one in daemons}
    return Manifest(file="/p/udaemon.toml", directory="/p", project="p", daemons=here)


def _logged(daemon: Daemon, log_dir: str) -> Daemon:
    return evolve(daemon, log_dir=log_dir, common_log=f"{log_dir}/_common.log")


class SupervisorWorld:
    """A supervisor of some daemons. `finished` counts how often it has said that all have stopped."""

    def __init__(
        self, directory: Path, *daemons: Daemon, at_once: bool = True, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.directory = directory
        self.manifest = manifest(directory, *daemons)
        self.engine = Engine(self._happen, at_once=at_once)
        self.notices = Notices()
        self.said: list[Notice] = []
        self.notices.subscribe(self.said.append)
        self.logs = Logs()
        self.fleet = Fleet(self.manifest)
        self.scoreboard = Scoreboard.create(str(directory / "scoreboard"), max(1, len(self.fleet.instances)))
        self.slots = Slots(self.scoreboard, self.fleet.instances)
        self.finished = 0
        self.pipes = LogPipes(self.logs)  # type: ignore[arg-type]
        self.supervisor = Supervisor(
            self.manifest,
            fleet=self.fleet,
            engine=self.engine,
            logs=self.pipes,
            scoreboard=self.scoreboard,
            slots=self.slots,
            notices=self.notices,
            pid_files=PidFiles([str(directory)], ""),
            schedules=Schedules(
                _NoReactor(), self.slots, self.fleet, happen=self._happen, on_good_run=lambda _key: None
            ),
            read_manifest=lambda _on_read: None,
            finished=self._finish,
            clock=clock,
        )
        self.performer = self.supervisor.performer

    def up(self) -> None:
        """Start what starts by itself."""
        self.supervisor.autostart()
        self.supervisor.end_of_turn()

    def change(self, *daemons: Daemon, at_once: bool = False) -> None:
        """Go by a manifest of these instead, and end the turn."""
        self.supervisor.change(manifest(self.directory, *daemons), at_once=at_once)
        self.supervisor.end_of_turn()

    def ends(self, *keys: Key, code: int = 0) -> None:
        """Let these end, and end the turn."""
        for key in keys:
            self.engine.end(key, code)
        self.supervisor.end_of_turn()

    def states(self) -> dict[str, State]:
        return {str(key): instance.state for key, instance in self.fleet.instances.items()}

    def bugs(self) -> Sequence[str]:
        return [notice.message for notice in self.said if notice.event == "bug"]

    def close(self) -> None:
        self.notices.close()
        self.scoreboard.close()
        for fd in self.logs.fds:
            os.close(fd)

    def _happen(self, key: Key, event: Event) -> None:
        self.supervisor.happen(key, event)

    def _finish(self) -> None:
        self.finished += 1
