"""Commands that ask a daemon to end: when one counts as failed, and when it is killed; nothing of one stays open."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest
from tests.fakes.kernel import FakeKernel, FakeReactor

from udaemon.engines.base import SpawnRequest
from udaemon.engines.commands import Command, ExecFailed, Started
from udaemon.engines.process import ManagedProcess
from udaemon.engines.stop_commands import StopCommands
from udaemon.manifest.model import Daemon
from udaemon.policy.events import Event, StopCommandFailed
from udaemon.policy.instance import Key
from udaemon.policy.plan import NO_PLAN
from udaemon.policy.reasons import Trouble

KEY, OTHER = Key("web", 0), Key("web", 1)


class FakeLauncher:
    """Has the kernel of the test fork each command; `reports` are the write ends of pipes that tell of an exec."""

    def __init__(self, kernel: FakeKernel) -> None:
        self.kernel = kernel
        self.fails: Exception | None = None
        self.with_report = False
        self.reports: list[int] = []
        self.argv: list[tuple[str, ...]] = []

    def start(self, command: Command) -> Started:
        if self.fails is not None:
            raise self.fails
        self.argv.append(tuple(command.argv))
        report = None
        if self.with_report:
            report, write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
            self.reports.append(write)
        pid = 100 + len(self.argv)
        return Started(pid, self.kernel.fork(pid), report)

    def limit_raised(self, nofile: tuple[int, int]) -> None:
        raise AssertionError("no limit is raised here")

    def close(self) -> None:
        for fd in self.reports:
            os.close(fd)


class World:
    """`told` is what the listener heard."""

    def __init__(self) -> None:
        self.reactor = FakeReactor()
        self.kernel = FakeKernel(self.reactor)
        self.launcher = FakeLauncher(self.kernel)
        self.told: list[tuple[Key, Event]] = []
        self.commands = StopCommands(
            self.reactor, lambda key, event: self.told.append((key, event)), self.launcher, self.kernel
        )

    def start(self, key: Key = KEY) -> None:
        output = os.open(os.devnull, os.O_WRONLY)
        daemon = Daemon(name=key.name, command=("ask", "it"), instances=2)
        self.commands.start(SpawnRequest(key=key, daemon=daemon, plan=NO_PLAN, slot=0, output=output))

    def end(self, pid: int, code: int | None = None, *, signal: int | None = None) -> None:
        self.kernel.end(pid, code, signal=signal)
        self.kernel.turn()

    def failures(self) -> list[str]:
        return [event.message for _, event in self.told if isinstance(event, StopCommandFailed)]


@pytest.fixture
def world() -> Iterator[World]:
    before = len(os.listdir("/proc/self/fd"))
    made = World()
    yield made
    made.commands.close()
    made.launcher.close()
    assert (len(os.listdir("/proc/self/fd")), made.reactor.callbacks) == (before, {})


def test_one_that_ends_well_says_nothing(world: World) -> None:
    world.start()
    assert (world.launcher.argv, world.commands.pids) == ([("ask", "it")], (101,))
    world.end(101, 0)
    assert (world.told, world.commands.pids, world.kernel.reaped) == ([], (), [101])


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"code": 3}, "failed: exit code 3"),
        ({"signal": signal.SIGKILL}, "failed: killed by SIGKILL"),
        ({"signal": signal.SIGTERM}, "failed: killed by SIGTERM"),
    ],
)
def test_one_that_fails_is_told_with_how(world: World, how: dict[str, int], message: str) -> None:
    world.start()
    world.end(101, how.get("code"), signal=how.get("signal"))
    assert world.told == [(KEY, StopCommandFailed(message))]


@pytest.mark.parametrize(
    "error", [ExecFailed("exec ask: no such file", Trouble.CONFIG), OSError("no memory")], ids=["program", "memory"]
)
def test_one_that_cannot_be_started_is_told_and_its_output_is_closed(world: World, error: Exception) -> None:
    world.launcher.fails = error
    world.start()
    assert (world.failures(), world.commands.pids) == ([f"cannot be run: {error}"], ())


def test_one_that_could_not_be_executed_says_why_and_not_how_it_ended(world: World) -> None:
    world.launcher.with_report = True
    world.start()
    os.write(world.launcher.reports[0], f"{Trouble.CONFIG.value} exec ask: No such file".encode())
    world.end(101, 127)
    assert world.failures() == ["cannot be run: exec ask: No such file"]


def test_a_report_that_somebody_else_has_open_yet_holds_up_nobody(world: World) -> None:
    world.launcher.with_report = True
    world.start()
    world.end(101, 0)
    assert (world.told, world.commands.pids) == ([], ())


def test_one_that_cannot_be_watched_is_killed_and_told(world: World) -> None:
    world.reactor.fails = OSError("no memory")
    world.start()
    assert (world.failures(), world.commands.pids) == (["cannot be run: no memory"], ())
    assert world.kernel.signals == [(-101, signal.SIGKILL), (101, signal.SIGKILL)]


def test_it_is_killed_with_its_group_where_what_it_was_to_stop_is(world: World) -> None:
    world.start()
    world.start(OTHER)
    world.commands.kill(KEY)
    world.commands.kill(Key("nobody", 0))
    assert world.kernel.signals == [(-101, signal.SIGKILL), (101, signal.SIGKILL)]
    world.kernel.turn()
    assert (world.failures(), world.commands.pids) == (["failed: killed by SIGKILL"], (102,))


def test_when_the_daemon_has_ended_it_is_left_alone_and_looked_after_no_more(world: World) -> None:
    world.start()
    ended, other = (
        ManagedProcess(key=key, daemon=Daemon(name="web", command=("web",)), pid=7, pidfd=-1) for key in (KEY, OTHER)
    )
    world.commands.leader_ended(ended)
    world.commands.leader_ended(other)
    assert (ended.left_alone, other.left_alone, world.commands.pids) == (101, None, ())
    world.end(101, 3)
    assert (world.told, world.kernel.reaped) == ([], [])
