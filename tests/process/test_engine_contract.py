"""What every engine promises, asked of the real one and of the fake."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

import pytest
from tests.fakes.engine import FakeEngine
from tests.process.engine_bench import Bench

from udaemon.engines.base import Engine, SpawnRequest
from udaemon.manifest.model import Daemon
from udaemon.policy.events import Event, Exited, Spawned, SpawnFailed, TreeGone
from udaemon.policy.instance import Key
from udaemon.policy.plan import NO_PLAN
from udaemon.policy.reasons import Trouble

KEY = Key("worker", 0)
GHOST = Key("ghost", 0)


class World(Protocol):
    """An engine and the processes in it; `tell` lets the living one exit with a code, or leave something behind."""

    engine: Engine

    def spawn(self, *keys: Key) -> None: ...
    def tell(self, word: str) -> None: ...
    def killed(self) -> None: ...
    def asked(self) -> None: ...
    def events(self, key: Key) -> Sequence[Event]: ...
    def until(self, key: Key, kind: type[Event]) -> Event: ...


class Real:
    def __init__(self, directory: Path) -> None:
        self._bench = Bench(directory)
        os.mkfifo(directory / "word")
        self._word = os.open(directory / "word", os.O_RDWR)
        script = "read word < word; case $word in leave) setsid sleep 1000 & exit 0;; *) exit $word;; esac"
        self._bench.daemon("worker", command=("/bin/sh", "-c", script))
        self._bench.daemon("ghost", command=("/no/such",))
        self.engine: Engine = self._bench.engine

    def spawn(self, *keys: Key) -> None:
        self._bench.spawn(*keys)

    def tell(self, word: str) -> None:
        os.write(self._word, f"{word}\n".encode())

    def killed(self) -> None: ...

    def asked(self) -> None: ...

    def events(self, key: Key) -> Sequence[Event]:
        return self._bench.events[key]

    def until(self, key: Key, kind: type[Event]) -> Event:
        event = self._bench.until(key, kind)
        assert isinstance(event, kind)
        return event

    def close(self) -> None:
        os.close(self._word)
        self._bench.close()


class Fake:
    def __init__(self) -> None:
        self._events: dict[Key, list[Event]] = {}
        self._fake = FakeEngine(lambda key, event: self._events.setdefault(key, []).append(event))
        self.engine: Engine = self._fake

    def spawn(self, *keys: Key) -> None:
        daemon = Daemon(name="worker", command=("sh",))
        for key in keys:
            output = os.open(os.devnull, os.O_WRONLY)
            self.engine.spawn([SpawnRequest(key=key, daemon=daemon, plan=NO_PLAN, slot=0, output=output)])
            if [type(event) for event in self.events(key)][-1:] == [SpawnFailed]:
                continue
            if key == GHOST:
                self._fake.fail(key, "exec /no/such: No such file or directory (ENOENT)", Trouble.CONFIG)
            else:
                self._fake.forked(key)

    def tell(self, word: str) -> None:
        if word == "leave":
            self._fake.end(KEY, survivors=(4711,))
        else:
            self._fake.end(KEY, int(word))

    def killed(self) -> None:
        assert self._fake.kills.pop() == KEY
        if self.events(KEY) and isinstance(self.events(KEY)[-1], Exited):
            self._fake.tree_gone(KEY)
        else:
            self._fake.end(KEY, signal=signal.SIGKILL)

    def asked(self) -> None:
        assert self._fake.signals == [(KEY, "TERM")]
        if self.events(KEY) and isinstance(self.events(KEY)[-1], Exited):
            self._fake.tree_gone(KEY)
        else:
            self._fake.end(KEY, signal=signal.SIGTERM)

    def events(self, key: Key) -> Sequence[Event]:
        return self._events.get(key, [])

    def until(self, key: Key, kind: type[Event]) -> Event:
        return next(event for event in self.events(key) if isinstance(event, kind))


@pytest.fixture(params=["real", "fake"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    if request.param == "fake":
        yield Fake()
        return
    real = Real(tmp_path)
    yield real
    real.close()


def test_a_start_is_answered_once_and_an_end_is_told_once(world: World) -> None:
    world.spawn(KEY)
    spawned = world.until(KEY, Spawned)
    assert isinstance(spawned, Spawned)
    assert spawned.pid > 1
    world.tell("3")
    assert world.until(KEY, Exited) == Exited(code=3)
    assert [type(event) for event in world.events(KEY)] == [Spawned, Exited]


def test_a_start_that_is_impossible_is_told_as_a_fault_of_the_declaration(world: World) -> None:
    world.spawn(GHOST)
    failed = world.until(GHOST, SpawnFailed)
    assert failed == SpawnFailed(Trouble.CONFIG, "exec /no/such: No such file or directory (ENOENT)")
    assert len(world.events(GHOST)) == 1


def test_the_engine_closes_the_descriptors_it_is_given(world: World) -> None:
    before = len(os.listdir("/proc/self/fd"))
    world.spawn(GHOST)
    world.until(GHOST, SpawnFailed)
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_kill_of_a_living_tree_is_answered_by_its_end(world: World) -> None:
    world.spawn(KEY)
    world.until(KEY, Spawned)
    world.engine.kill_tree(KEY)
    world.killed()
    assert world.until(KEY, Exited) == Exited(signal=signal.SIGKILL)


def test_what_was_left_behind_can_be_asked_to_end(world: World) -> None:
    world.spawn(KEY)
    world.until(KEY, Spawned)
    world.tell("leave")
    world.until(KEY, Exited)
    world.engine.signal(KEY, "TERM")
    world.engine.signal_tree(KEY, "TERM")
    world.asked()
    assert world.until(KEY, TreeGone) == TreeGone()


def test_a_living_tree_can_be_asked_to_end_as_a_whole(world: World) -> None:
    world.spawn(KEY)
    world.until(KEY, Spawned)
    world.engine.signal_tree(KEY, "TERM")
    world.asked()
    assert world.until(KEY, Exited) == Exited(signal=signal.SIGTERM)


def test_a_kill_of_what_was_left_behind_is_answered_when_it_is_gone(world: World) -> None:
    world.spawn(KEY)
    world.until(KEY, Spawned)
    world.tell("leave")
    end = world.until(KEY, Exited)
    assert isinstance(end, Exited)
    assert len(end.survivors) == 1
    world.engine.kill_tree(KEY)
    world.killed()
    world.until(KEY, TreeGone)
    assert [type(event) for event in world.events(KEY)] == [Spawned, Exited, TreeGone]


def test_what_is_asked_of_a_process_that_has_gone_is_no_error(world: World) -> None:
    world.spawn(KEY)
    world.until(KEY, Spawned)
    world.tell("0")
    world.until(KEY, Exited)
    world.engine.signal(KEY, "TERM")
    world.engine.kill_tree(KEY)
    world.engine.reconfigure(KEY, Daemon(name="worker", command=("sh",)), NO_PLAN)
    world.engine.forget(KEY)
    assert world.engine.last_error(KEY) is None
    assert len(world.events(KEY)) == 2


def test_nothing_is_waited_for_while_all_live(world: World) -> None:
    world.spawn(KEY)
    world.until(KEY, Spawned)
    assert world.engine.deadline is None
    world.tell("0")
    world.until(KEY, Exited)


def test_what_is_there_already_is_not_called_off(world: World) -> None:
    world.spawn(KEY)
    world.until(KEY, Spawned)
    world.engine.cancel(KEY)
    world.engine.cancel(GHOST)
    assert [type(event) for event in world.events(KEY)] == [Spawned]
    assert world.events(GHOST) == []


def test_there_are_never_two_processes_of_an_instance(world: World) -> None:
    world.spawn(KEY)
    world.until(KEY, Spawned)
    world.spawn(KEY)
    refused = world.until(KEY, SpawnFailed)
    assert isinstance(refused, SpawnFailed)
    assert (refused.trouble, "another copy runs" in refused.message) == (Trouble.RESOURCE, True)
    world.tell("0")
    assert world.until(KEY, Exited) == Exited(code=0)
