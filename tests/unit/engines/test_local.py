"""The local engine's own part of a start: the lock first of all, and no descriptor left where there is no process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.fakes.kernel import FakeReactor

from udaemon.child.lifeline import Lifeline
from udaemon.child.scoreboard import Scoreboard
from udaemon.engines import locks
from udaemon.engines.base import SpawnRequest
from udaemon.engines.local import LocalEngine
from udaemon.manifest.model import Daemon
from udaemon.policy.events import Event, SpawnFailed
from udaemon.policy.instance import Key
from udaemon.policy.plan import NO_PLAN
from udaemon.policy.reasons import Trouble

KEY = Key("a", 0)
MISSING = Daemon(name="a", command=("/no/such/program",))


class World:
    def __init__(self, directory: Path) -> None:
        self.locks = directory / "locks"
        self.told: list[tuple[Key, Event]] = []
        self.processes: list[tuple[Key, int]] = []
        self.scoreboard = Scoreboard.create(str(directory / "scoreboard"), 2)
        self.engine = LocalEngine(
            FakeReactor(),
            lambda key, event: self.told.append((key, event)),
            project="shop",
            lifeline=Lifeline(-1),
            lock_directory=str(self.locks),
            scoreboard=self.scoreboard,
            on_process=lambda key, pidfd: self.processes.append((key, pidfd)),
        )

    def spawn(self, daemon: Daemon = MISSING) -> SpawnFailed:
        """Ask for one that there will be no process of, and say why not."""
        before = len(os.listdir("/proc/self/fd"))
        output = os.open(os.devnull, os.O_WRONLY)
        self.engine.spawn([SpawnRequest(key=KEY, daemon=daemon, plan=NO_PLAN, slot=0, output=output)])
        assert len(os.listdir("/proc/self/fd")) == before, "its descriptors are closed"
        [(key, event)] = self.told
        assert (key, self.processes) == (KEY, [])
        assert isinstance(event, SpawnFailed)
        return event


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    yield world
    world.engine.close()
    world.scoreboard.close()


def test_what_another_process_holds_is_not_started(world: World) -> None:
    lock = locks.acquire(str(world.locks), KEY)
    locks.record(lock, KEY, os.getpid())
    refused = world.spawn()
    assert refused == SpawnFailed(Trouble.RESOURCE, f"another copy runs and holds its lock: pid {os.getpid()}")
    os.close(lock)


def test_where_no_lock_can_be_made_nothing_is_started(world: World) -> None:
    world.locks.write_text("no directory")
    assert world.spawn() == SpawnFailed(Trouble.RESOURCE, "lock cannot be taken: Not a directory (ENOTDIR)")


def test_a_start_that_failed_leaves_no_lock_behind(world: World) -> None:
    refused = world.spawn()
    assert (refused.trouble, "/no/such/program" in refused.message) == (Trouble.CONFIG, True)
    os.close(locks.acquire(str(world.locks), KEY))


def test_what_is_asked_of_an_instance_without_a_process_is_no_error(world: World) -> None:
    world.engine.cancel(KEY)
    world.engine.signal(KEY, "TERM")
    world.engine.signal_tree(KEY, "TERM")
    world.engine.kill_tree(KEY)
    world.engine.reconfigure(KEY, MISSING, NO_PLAN)
    world.engine.forget(KEY)
    assert (world.told, world.engine.deadline, world.engine.last_error(KEY)) == ([], None, None)
