"""Tests of telling whose a stray process is."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from tests.process.launching import launch

from udaemon.engines.commands import Command, Launcher, shell
from udaemon.engines.lineage import Lineage
from udaemon.engines.locks import acquire, identity
from udaemon.policy.instance import Key
from udaemon.system.exit_status import reap
from udaemon.system.process_tree import children, holders, look_at
from udaemon.system.subreaper import become_subreaper

Wait = Callable[..., list[int]]
KEY, OTHER = Key("mailer", 0), Key("mailer", 1)


class Yard:
    """Runs a leader to its end, and shows the strays that it left to us."""

    def __init__(self, directory: Path, wait: Wait) -> None:
        self._directory = directory
        self._wait = wait
        self._launcher = Launcher()
        self.locks = [acquire(str(directory / "locks"), Key("mailer", index)) for index in range(2)]
        self.leader = 0
        self.strays: frozenset[int] = frozenset()

    def leave(self, script: str, count: int, *, locked: bool = False, env: Mapping[str, str] | None = None) -> None:
        """Run a script that leaves `count` processes, each of which writes a line once it is there."""
        read, write = os.pipe2(os.O_CLOEXEC)
        before = children()
        keep = (self.locks[0],) if locked else ()
        command = Command(
            argv=shell([script]), env={**os.environ, **(env or {})}, cwd=str(self._directory), output=write, keep=keep
        )
        self.leader = launch(self._launcher, command)
        os.close(write)
        said = b""
        while said.count(b"\n") < count:
            self._wait([read], timeout=10, what="the word of a stray")
            said += os.read(read, 100)
        os.close(read)
        self._end(self.leader)
        self.strays = children() - before

    def _end(self, pid: int) -> None:
        pidfd = os.pidfd_open(pid)
        self._wait([pidfd], timeout=10, what=f"the end of {pid}")
        reap(pidfd)
        os.close(pidfd)

    def clear(self) -> None:
        while self.strays:
            for pid in self.strays:
                os.kill(pid, signal.SIGKILL)
                self._end(pid)
            self.strays = children() & self.strays
        for lock in self.locks:
            os.close(lock)
        self._launcher.close()


@pytest.fixture
def yard(tmp_path: Path, wait: Wait) -> Iterator[Yard]:
    become_subreaper()
    made = Yard(tmp_path, wait)
    yield made
    made.clear()


@pytest.fixture
def lineage(yard: Yard) -> Lineage:
    known = Lineage("shop")
    known.add(OTHER, 1, [identity(yard.locks[1], OTHER)])
    return known


def owner(lineage: Lineage, yard: Yard) -> Key | None:
    [pid] = yard.strays
    relative = look_at(pid)
    assert relative is not None
    assert not relative.zombie
    return lineage.owner(relative)


def test_a_stray_is_known_by_the_session_of_its_leader(yard: Yard, lineage: Lineage) -> None:
    yard.leave("(echo; exec sleep 100 >/dev/null 2>&1) &", 1)
    lineage.add(KEY, yard.leader, [identity(yard.locks[0], KEY)])
    assert owner(lineage, yard) == KEY


def test_f35_one_with_a_session_of_its_own_is_known_by_the_lock(yard: Yard, lineage: Lineage) -> None:
    yard.leave("setsid sh -c 'echo; exec sleep 100 >/dev/null 2>&1' &", 1, locked=True)
    lineage.add(KEY, yard.leader, [identity(yard.locks[0], KEY)])
    assert owner(lineage, yard) == KEY
    assert list(holders(yard.strays, [identity(yard.locks[0], KEY)])) == list(yard.strays)
    assert list(holders(yard.strays, [identity(yard.locks[1], OTHER)])) == []


def test_f35_one_that_also_closed_its_files_is_known_by_its_environment(yard: Yard, lineage: Lineage) -> None:
    env = {"UDAEMON_PROJECT": "shop", "UDAEMON_NAME": "mailer", "UDAEMON_INSTANCE": "0"}
    yard.leave("setsid sh -c 'echo; exec sleep 100 >/dev/null 2>&1' &", 1, env=env)
    lineage.add(KEY, yard.leader, [identity(yard.locks[0], KEY)])
    assert owner(lineage, yard) == KEY


def test_i3_a_stray_of_nobody_is_nobodys(yard: Yard, lineage: Lineage) -> None:
    env = {"UDAEMON_PROJECT": "other", "UDAEMON_NAME": "mailer", "UDAEMON_INSTANCE": "0"}
    yard.leave("setsid sh -c 'echo; exec sleep 100 >/dev/null 2>&1' &", 1, env=env)
    lineage.add(KEY, yard.leader, [identity(yard.locks[0], KEY)])
    assert owner(lineage, yard) is None


def test_an_instance_that_is_forgotten_owns_nothing(yard: Yard, lineage: Lineage) -> None:
    yard.leave("(echo; exec sleep 100 >/dev/null 2>&1) &", 1, locked=True)
    lineage.add(KEY, yard.leader, [identity(yard.locks[0], KEY)])
    lineage.remove(KEY)
    assert owner(lineage, yard) is None


def test_many_children_are_all_listed(yard: Yard) -> None:
    yard.leave("for i in $(seq 900); do sleep 100 >/dev/null 2>&1 & done; echo", 1)
    assert len(yard.strays) == 900


def test_what_is_gone_is_not_there() -> None:
    assert look_at(2**22 + 1) is None
    assert list(holders([2**22 + 1], [(1, 1)])) == []
