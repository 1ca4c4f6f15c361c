"""Commands between fork and exec: what is told of each, when, and once only; a test plays the process and the clock."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest
from tests.fakes.kernel import FakeKernel, FakeReactor

from udaemon.engines.base import CANCELLED
from udaemon.engines.commands import Command, Started
from udaemon.engines.executing import Executing
from udaemon.engines.process import ManagedProcess
from udaemon.manifest.model import Daemon
from udaemon.policy.events import Event, Executed, Spawned, SpawnFailed
from udaemon.policy.instance import Key
from udaemon.policy.reasons import Trouble

HELD_AFTER = 5.0
ENTERED = b"+"


class ClockedKernel(FakeKernel):
    """Its clock is moved by the test."""

    time = 100.0

    def now(self) -> float:
        return self.time


class World:
    """`start` forks a command; `says` and `execs` are what its process does."""

    def __init__(self) -> None:
        self.reactor = FakeReactor()
        self.kernel = ClockedKernel(self.reactor)
        self.told: list[tuple[str, Event]] = []
        self.run: list[int] = []
        self.writes: dict[int, int] = {}
        self.all: list[ManagedProcess] = []
        self.executing = Executing(
            self.reactor,
            lambda key, event: self.told.append((key.name, event)),
            lambda managed: self.run.append(managed.pid),
            HELD_AFTER,
            self.kernel,
        )

    def start(self, pid: int = 7, *, name: str = "a", program: str = "/bin/a", cwd: str = "/") -> ManagedProcess:
        managed = ManagedProcess(
            key=Key(name, 0), daemon=Daemon(name=name, command=(program,)), pid=pid, pidfd=self.kernel.fork(pid)
        )
        self.all.append(managed)
        read, self.writes[pid] = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        command = Command(argv=(program,), env={}, cwd=cwd, output=1)
        self.executing.watch(managed, command, Started(pid, managed.pidfd, read))
        return managed

    def hears(self) -> None:
        for callback in list(self.reactor.callbacks.values()):
            callback()

    def says(self, text: bytes, pid: int = 7) -> None:
        os.write(self.writes[pid], text)
        self.hears()

    def execs(self, pid: int = 7) -> None:
        """The pipe is close-on-exec: its end is all that is seen of an exec, and of a process that was killed."""
        os.close(self.writes.pop(pid))
        self.hears()

    def passes(self, seconds: float) -> None:
        self.kernel.time += seconds
        self.executing.expire(self.kernel.time)


@pytest.fixture
def world() -> Iterator[World]:
    before = len(os.listdir("/proc/self/fd"))
    made = World()
    yield made
    made.executing.close()
    assert made.reactor.callbacks == {}
    for fd in (*made.writes.values(), *(managed.pidfd for managed in made.all)):
        os.close(fd)
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_program_is_told_as_started_when_its_pipe_ends_and_not_before(world: World) -> None:
    world.start()
    world.says(ENTERED)
    assert (world.told, world.run) == ([], [])
    world.execs()
    assert (world.told, world.run) == ([("a", Spawned(7))], [7])
    assert world.executing.deadline is None


def test_what_runs_already_needs_no_pipe(world: World) -> None:
    managed = ManagedProcess(
        key=Key("a", 0), daemon=Daemon(name="a", command=("a",)), pid=7, pidfd=world.kernel.fork(7)
    )
    world.all.append(managed)
    world.executing.watch(managed, Command(argv=("a",), env={}, cwd="/", output=1), Started(7, managed.pidfd, None))
    assert (world.told, world.run, world.executing.deadline) == ([("a", Spawned(7))], [7], None)


def test_what_was_not_executed_is_left_to_the_end_of_its_process(world: World) -> None:
    managed = world.start()
    world.says(ENTERED + b"config exec /bin/a: Permission denied (EACCES)")
    world.execs()
    assert managed.refusal == SpawnFailed(Trouble.CONFIG, "exec /bin/a: Permission denied (EACCES)")
    assert (world.told, world.run) == ([], [])


def test_a_message_that_comes_in_pieces_is_one(world: World) -> None:
    managed = world.start()
    for piece in (b"resou", b"rce chdir /x: Stale file ", b"handle (ESTALE)"):
        world.says(piece)
    world.execs()
    assert managed.refusal == SpawnFailed(Trouble.RESOURCE, "chdir /x: Stale file handle (ESTALE)")


@pytest.mark.parametrize(
    ("said", "why"),
    [(b"", "chdir / has not returned after 5 s"), (ENTERED, "exec /bin/a has not returned after 5 s")],
)
def test_f126_one_that_is_held_up_is_told_once_to_be_there_and_why(world: World, said: bytes, why: str) -> None:
    world.start()
    if said:
        world.says(said)
    assert world.executing.deadline == 105.0
    world.passes(4.9)
    assert world.told == []
    world.passes(0.1)
    world.passes(10.0)
    [(name, event)] = world.told
    assert isinstance(event, Spawned)
    assert (name, event.pid, (event.held_up or "").partition(";")[0]) == ("a", 7, why)
    assert world.executing.deadline is None
    world.execs()
    assert (world.told[1:], world.run) == ([("a", Executed())], [7])


def test_a_program_of_the_path_is_held_up_on_no_file_system_that_is_known(world: World) -> None:
    world.start(program="a")
    world.says(ENTERED)
    world.passes(HELD_AFTER)
    assert world.told == [("a", Spawned(7, held_up="exec a has not returned after 5 s"))]


def test_each_has_its_own_deadline_and_the_next_is_that_of_the_loop(world: World) -> None:
    world.start(7, name="a")
    world.kernel.time += 2
    world.start(8, name="b")
    world.passes(3)
    assert [name for name, _ in world.told] == ["a"]
    assert world.executing.deadline == 107.0
    world.passes(2)
    assert [name for name, _ in world.told] == ["a", "b"]


def test_one_that_is_cancelled_before_its_program_runs_is_killed_and_not_told(world: World) -> None:
    managed = world.start()
    world.executing.cancel(managed.key)
    assert world.kernel.signals == [(7, signal.SIGKILL)]
    world.execs()
    assert managed.refusal == SpawnFailed(Trouble.RESOURCE, CANCELLED)
    assert (world.told, world.run) == ([], [])


def test_to_cancel_is_too_late_where_the_program_runs_though_nobody_has_looked_yet(world: World) -> None:
    managed = world.start()
    os.close(world.writes.pop(7))
    world.executing.cancel(managed.key)
    assert (world.told, world.kernel.signals, managed.refusal) == ([("a", Spawned(7))], [], None)


def test_to_cancel_twice_kills_once(world: World) -> None:
    managed = world.start()
    world.executing.cancel(managed.key)
    world.executing.cancel(managed.key)
    assert len(world.kernel.signals) == 1


def test_one_that_is_told_to_be_there_is_stopped_like_any_other_and_not_cancelled(world: World) -> None:
    managed = world.start()
    world.passes(HELD_AFTER)
    world.executing.cancel(managed.key)
    world.executing.cancel(Key("nobody", 0))
    assert (world.kernel.signals, managed.refusal) == ([], None)


def test_what_was_said_before_a_cancel_counts_for_more(world: World) -> None:
    """Its refusal lies in the pipe, and its process is about to end by itself."""
    managed = world.start()
    os.write(world.writes[7], b"config exec /bin/a: No such file")
    os.close(world.writes.pop(7))
    world.executing.cancel(managed.key)
    assert managed.refusal == SpawnFailed(Trouble.CONFIG, "exec /bin/a: No such file")
    assert world.kernel.signals == []
