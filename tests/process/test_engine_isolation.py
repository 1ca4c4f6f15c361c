"""faults.md F6 in the engine: what goes wrong with one process of a turn costs the others of that turn nothing."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.fakes.reactor import Callback, SmallReactor
from tests.process.engine_bench import Bench
from tests.process.project import alive

from udaemon.policy.events import Event, Exited, Spawned, SpawnFailed
from udaemon.policy.instance import Key

BAD = Key("bad", 0)


class Touchy(list[Event]):
    """Events of an instance whose ends nobody can bear, once."""

    raises = True

    def append(self, event: Event) -> None:
        super().append(event)
        if isinstance(event, Exited) and self.raises:
            self.raises = False
            raise MemoryError


class Events(defaultdict[Key, list[Event]]):
    def __missing__(self, key: Key) -> list[Event]:
        self[key] = Touchy() if key == BAD else []
        return self[key]


class Full(SmallReactor):
    """It has no memory for one more pidfd, once."""

    refuses = False

    def watch(self, fd: int, callback: Callback) -> None:
        if self.refuses and "pidfd" in os.readlink(f"/proc/self/fd/{fd}"):
            self.refuses = False
            raise MemoryError
        super().watch(fd, callback)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    made.reactor.close()
    made.reactor = Full()
    made.events = Events()
    yield made
    made.close()


def test_f6_an_end_that_cannot_be_told_costs_no_other(bench: Bench) -> None:
    goes = bench.directory / "go"
    os.mkfifo(goes)
    keys = [bench.daemon(name, command=("/bin/sh", "-c", "read go < go; exit 3")) for name in ("bad", "good", "other")]
    bench.spawn(*keys)
    pids = [bench.until(key, Spawned).pid for key in keys]
    go = os.open(goes, os.O_RDWR)
    os.write(go, b"1\n2\n3\n")
    for pid in pids:
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    with pytest.raises(MemoryError):
        bench.until(BAD, SpawnFailed)
    for key in keys:
        assert bench.until(key, Exited) == Exited(code=3)
    os.close(go)


@pytest.mark.parametrize("kind", ["command", "forked"])
def test_f6_a_process_that_cannot_be_watched_is_refused_alone(bench: Bench, kind: str) -> None:
    bench.module("jobs", "def create():\n    return lambda: None\n")
    declared = {"command": ("sleep", "1000")} if kind == "command" else {"factory": "jobs:create", "sleep": 1000.0}
    first, second = (bench.daemon(name, **declared) for name in ("first", "second"))
    warm = bench.daemon("warm", **declared)
    bench.start(warm)
    reactor = bench.reactor
    assert isinstance(reactor, Full)
    reactor.refuses = True
    bench.spawn(first, second)
    failed = bench.until(first, SpawnFailed)
    assert failed.message == "cannot be started: MemoryError()"
    assert alive(bench.until(second, Spawned).pid)
