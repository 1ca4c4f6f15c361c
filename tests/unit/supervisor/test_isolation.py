"""faults.md F6: whatever one daemon brings out, an exception in its handling is its own: the others go on."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.fakes.engine import FakeEngine

from udaemon.child.scoreboard import Scoreboard
from udaemon.logs.log_target import LogTarget
from udaemon.manifest.model import Daemon, Manifest
from udaemon.policy.events import Event, StartAsked
from udaemon.policy.fleet import Fleet
from udaemon.policy.instance import Key, State
from udaemon.supervisor.notices import Notice, Notices
from udaemon.supervisor.perform import Performer
from udaemon.supervisor.pidfiles import PidFiles
from udaemon.supervisor.slots import Slots
from udaemon.supervisor.supervisor import Supervisor

BAD, GOOD = Key("bad", 0), Key("good", 0)


class Logs:
    """A logger that takes a log pipe's read end, or raises for the first one."""

    def __init__(self, error: Exception | None) -> None:
        self.error = error
        self.fds: list[int] = []

    def open(self, number: int, read: int, target: LogTarget) -> None:
        if self.error is not None and target.path.endswith("bad.log"):
            raise self.error
        self.fds.append(read)

    def watch(self, number: int, pidfd: int) -> None: ...

    def spawned(self, number: int, pid: int) -> None: ...


class Engine(FakeEngine):
    """Fails to signal and to kill the bad one."""

    def signal(self, key: Key, name: str) -> None:
        if key == BAD:
            raise MemoryError
        super().signal(key, name)


class World:
    """A supervisor of two commands without a process."""

    def __init__(self, directory: Path, error: Exception | None = None) -> None:
        log_dir = str(directory / "log")
        daemons = {name: Daemon(name=name, command=("true",), log_dir=log_dir) for name in ("bad", "good")}
        self.manifest = Manifest(file="/p/udaemon.toml", directory="/p", project="p", daemons=daemons)
        self.engine = Engine(self._happen, at_once=True)
        self.notices = Notices()
        self.said: list[Notice] = []
        self.notices.subscribe(self.said.append)
        self.logs = Logs(error)
        self.scoreboard = Scoreboard.create(str(directory / "scoreboard"), 2)
        slots = Slots(self.scoreboard, [BAD, GOOD])
        self.performer = Performer(
            self.engine,
            self.logs,  # type: ignore[arg-type]
            slots=slots,
            log_path=self.manifest.log_path,
            happen=self._happen,
            bug=self._bug,
        )
        self.fleet = Fleet(self.manifest)
        self.supervisor = Supervisor(
            self.manifest,
            fleet=self.fleet,
            engine=self.engine,
            performer=self.performer,
            scoreboard=self.scoreboard,
            slots=slots,
            notices=self.notices,
            pid_files=PidFiles([str(directory)], ""),
            finished=lambda: None,
        )

    def _happen(self, key: Key, event: Event) -> None:
        self.supervisor.happen(key, event)

    def _bug(self, what: str) -> None:
        self.supervisor.bug(what)

    def states(self) -> dict[str, State]:
        return {str(key): instance.state for key, instance in self.fleet.instances.items()}

    def bugs(self) -> list[str]:
        return [notice.message for notice in self.said if notice.event == "bug"]

    def close(self) -> None:
        self.scoreboard.close()
        for fd in self.logs.fds:
            os.close(fd)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Callable[..., World]]:
    made: list[World] = []

    def make(error: Exception | None = None) -> World:
        made.append(World(tmp_path, error))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.mark.parametrize("error", [MemoryError(), ValueError("no"), OverflowError("too large")], ids=repr)
def test_a_start_that_raises_is_tried_again_and_the_others_start(world: Callable[..., World], error: Exception) -> None:
    made = world(error)
    before = len(os.listdir("/proc/self/fd"))
    made.supervisor.autostart()
    made.supervisor.end_of_turn()

    assert made.engine.spawned == [GOOD]
    assert made.states() == {"bad/0": State.BACKOFF, "good/0": State.RUNNING}
    assert type(error).__name__ in made.bugs()[0]
    assert len(os.listdir("/proc/self/fd")) == before + 1, "the good one's log pipe, and nothing of the bad one's"

    made.logs.error = None
    made.supervisor.ask([BAD], StartAsked())
    made.supervisor.end_of_turn()
    assert made.states() == {"bad/0": State.RUNNING, "good/0": State.RUNNING}


def test_an_effect_that_raises_costs_neither_the_next_effect_nor_another_daemon(world: Callable[..., World]) -> None:
    made = world()
    made.supervisor.autostart()
    made.supervisor.end_of_turn()
    made.supervisor.shut_down()

    assert made.engine.signals == [(GOOD, "TERM")]
    assert "MemoryError" in made.bugs()[0]
    assert ("bad", "stopping") in {(one.key.name, one.event) for one in made.said if one.key is not None}


def test_what_the_traceback_belongs_to_is_named(world: Callable[..., World]) -> None:
    made = world(ValueError("no such thing"))
    made.supervisor.autostart()
    made.supervisor.end_of_turn()
    assert [text.startswith("in bad/0: Traceback") for text in made.bugs()] == [True]
    assert made.fleet.instances[BAD].message is not None
