"""Pid files wait for the starts that are under way, and are there before anybody is told of the last one."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from udaemon.manifest.model import Daemon
from udaemon.policy.instance import Instance, Key, declared
from udaemon.supervisor.pid_queue import PidQueue
from udaemon.supervisor.pidfiles import PidFiles

DAEMON = Daemon(name="mailer", command=("true",), instances=3)


class World:
    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.troubles: list[Key] = []
        self.queue = PidQueue(PidFiles([str(directory)], ""), lambda key, _text: self.troubles.append(key))
        self.instances: list[Instance] = [declared(DAEMON, index) for index in range(3)]
        self.keys = [instance.key for instance in self.instances]

    def files(self) -> dict[str, str]:
        return {file.name: file.read_text() for file in self.directory.iterdir()}


@pytest.fixture
def world(tmp_path: Path) -> World:
    (tmp_path / "run").mkdir()
    return World(tmp_path / "run")


def test_one_that_starts_alone_has_its_file_at_once(world: World) -> None:
    world.queue.starts(world.keys[0])
    world.queue.started(world.instances[0], 42)
    assert world.files() == {"mailer-0.pid": "42"}
    assert world.queue.deadline is None


@pytest.mark.parametrize("fails", [False, True])
def test_the_end_of_the_last_start_writes_the_files_of_all(world: World, fails: bool) -> None:
    for key in world.keys:
        world.queue.starts(key)
    world.queue.started(world.instances[0], 40)
    world.queue.started(world.instances[1], 41)
    assert world.files() == {}
    if fails:
        world.queue.gone(world.keys[2])
    else:
        world.queue.started(world.instances[2], 42)
    expected = {"mailer-0.pid": "40", "mailer-1.pid": "41"} | ({} if fails else {"mailer-2.pid": "42"})
    assert world.files() == expected


def test_a_start_that_takes_long_holds_up_no_file_for_long(world: World) -> None:
    for key in world.keys:
        world.queue.starts(key)
    before = time.monotonic()
    world.queue.started(world.instances[0], 40)
    first = world.queue.deadline
    world.queue.started(world.instances[1], 41)
    assert first is not None
    assert before < first < time.monotonic() + 1
    assert world.queue.deadline == first
    world.queue.write()
    assert world.files() == {"mailer-0.pid": "40", "mailer-1.pid": "41"}
    assert world.queue.deadline is None


def test_one_that_is_gone_before_its_file_was_written_never_gets_one(world: World) -> None:
    for key in world.keys[:2]:
        world.queue.starts(key)
    world.queue.started(world.instances[0], 40)
    world.queue.gone(world.keys[0])
    world.queue.started(world.instances[1], 41)
    assert world.files() == {"mailer-1.pid": "41"}


def test_what_cannot_be_written_is_told_and_holds_up_no_other(world: World) -> None:
    (world.directory / "mailer-0.pid").mkdir()
    for key in world.keys[:2]:
        world.queue.starts(key)
    for instance, pid in zip(world.instances, (40, 41), strict=False):
        world.queue.started(instance, pid)
    assert world.troubles == [world.keys[0]]
    assert (world.directory / "mailer-1.pid").read_text() == "41"
