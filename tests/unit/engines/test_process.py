"""One process of an instance: what a change of its declaration means for it, and who had the signal to its session."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import evolve
from tests.fakes.kernel import FakeKernel, FakeReactor

from udaemon.child.pace import PaceChanges
from udaemon.child.scoreboard import Scoreboard, SlotWriter, map_all
from udaemon.child.signals import NUDGE
from udaemon.engines.process import ManagedProcess
from udaemon.manifest.model import Daemon
from udaemon.policy.instance import Key
from udaemon.system.exit_status import Status
from udaemon.system.process_tree import Relative

KEY = Key("a", 0)
TASK = Daemon(name="a", factory="m:f", sleep=1.0)
COMMAND = Daemon(name="a", command=("a",))
SLOT = 3


class World:
    """The process is pid 7, and its pace stands in `SLOT`."""

    def __init__(self, directory: Path) -> None:
        self.scoreboard = Scoreboard.create(str(directory / "board"), 4)
        self.kernel = FakeKernel(FakeReactor())
        self.pidfd = self.kernel.fork(7)

    def process(self, daemon: Daemon, **options: object) -> ManagedProcess:
        return ManagedProcess(key=KEY, daemon=daemon, pid=7, pidfd=self.pidfd, **options)  # type: ignore[arg-type]

    def goes_by(self, managed: ManagedProcess, daemon: Daemon) -> float | None:
        """The sleep that is written for its loop, None where nothing is."""
        changes = PaceChanges(SlotWriter.of(map_all(self.scoreboard.fd), SLOT))
        managed.go_by(daemon, self.scoreboard.fd, SLOT, self.kernel)
        return changes.take().sleep if changes.pending() else None


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    os.close(made.pidfd)
    made.scoreboard.close()


def test_a_task_that_runs_is_told_of_another_pace_and_woken(world: World) -> None:
    managed = world.process(TASK)
    assert world.goes_by(managed, evolve(TASK, sleep=5.0)) == 5.0
    assert (managed.daemon.sleep, world.kernel.signals) == (5.0, [(7, NUDGE)])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (TASK, TASK),
        (TASK, evolve(TASK, enabled=False)),
        (TASK, evolve(COMMAND, sleep=5.0)),
        (COMMAND, evolve(COMMAND, sleep=5.0)),
        (COMMAND, evolve(TASK, sleep=5.0)),
    ],
)
def test_nobody_is_woken_for_what_is_no_other_pace_of_a_loop(world: World, before: Daemon, after: Daemon) -> None:
    managed = world.process(before)
    assert world.goes_by(managed, after) is None
    assert (managed.daemon, world.kernel.signals) == (after, [])


def test_one_that_has_ended_is_woken_no_more_but_its_declaration_is_the_new_one(world: World) -> None:
    managed = world.process(TASK, ended=Status(code=0, signal=None, core=False))
    assert world.goes_by(managed, evolve(TASK, sleep=5.0)) is None
    assert (managed.daemon.sleep, world.kernel.signals) == (5.0, [])


@pytest.mark.parametrize(
    ("pid", "session", "started", "told_at", "was_told"),
    [
        (70, 7, 10, None, False),  # no signal was sent
        (70, 7, 10, 11, True),  # it was in the session then
        (70, 7, 11, 11, False),  # it may have been forked since
        (70, 70, 10, 11, False),  # it had a session of its own
        (8, 1, 10, 11, True),  # it had the signal one by one
        (8, 1, 12, 11, False),  # that pid is another process's by now
    ],
)
def test_who_was_there_when_the_session_had_its_signal_has_had_it(
    world: World, pid: int, session: int, started: int, told_at: int | None, *, was_told: bool
) -> None:
    managed = world.process(COMMAND, told_at=told_at, told=frozenset({8}))
    assert managed.was_told(Relative(pid, session, zombie=False, started=started)) is was_told


def test_one_that_nobody_follows_is_killed_and_nothing_of_it_stays_open(tmp_path: Path) -> None:
    kernel = FakeKernel(FakeReactor())
    ours, theirs = socket.socketpair()
    managed = ManagedProcess(key=KEY, daemon=TASK, pid=7, pidfd=kernel.fork(7), reports=ours)
    managed.drop(kernel)
    assert kernel.signals == [(7, signal.SIGKILL)]
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(managed.pidfd)
    assert theirs.recv(1) == b""
    theirs.close()
