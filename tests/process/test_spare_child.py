"""The child in reserve: who is started after others is it, and nothing about it shows that."""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.process.engine_bench import PATIENCE, Bench

from udaemon.engines import locks
from udaemon.policy.events import Exited, Ready
from udaemon.policy.instance import Key
from udaemon.system import procfs

TELLS = """
import os, signal
seen = "first"
def create():
    told = os.environ["UDAEMON_NAME"], os.environ.get("COLOUR"), os.getcwd(), seen, os.getsid(0) == os.getpid()
    print(*told, max(map(int, os.listdir("/proc/self/fd"))) < 20, flush=True)
    return signal.pause
"""


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.close()


def started(bench: Bench, key: Key) -> int:
    """Start one and wait until it is ready, and so has told. Answers its pid."""
    ready = len(bench.told(key, Ready)) + 1
    pid = bench.start(key)
    bench.until(key, Ready, count=ready)
    return pid


def killed(bench: Bench, key: Key, pid: int) -> None:
    """Kill a daemon and see its end."""
    count = len(bench.told(key, Exited)) + 1
    os.kill(pid, signal.SIGKILL)
    bench.until(key, Exited, count=count)


def spare(bench: Bench, other: int = 0) -> int:
    """Wait for a child in reserve that is another one than this."""

    def found() -> list[int]:
        return [pid for pid in bench.engine._fork_queue.spares if pid != other]

    bench.reactor.run_until(found, PATIENCE)
    return found()[0]


def kept(bench: Bench, key: Key) -> int:
    """Start one, and once more. Answers the child in reserve that there is then."""
    killed(bench, key, started(bench, key))
    killed(bench, key, started(bench, key))
    return spare(bench)


def test_who_is_started_once_leaves_none(bench: Bench) -> None:
    bench.module("tells", TELLS)
    key = bench.daemon("tells")
    bench.start(key)
    bench.until(key, Ready)
    assert list(bench.engine._fork_queue.spares) == []


def test_the_next_one_is_the_child_in_reserve_and_like_any_other(bench: Bench) -> None:
    bench.module("tells", TELLS)
    key, other = bench.daemon("tells"), bench.daemon("other", factory="tells:create", env={"COLOUR": "red"})
    first = kept(bench, key)
    deadline = time.monotonic() + PATIENCE
    while procfs.comm(first) != "spare":  # it says so itself, a moment later
        assert time.monotonic() < deadline
    assert started(bench, key) == first
    assert procfs.comm(first) == "tells/0"
    second_process, third_process = bench.output(key).splitlines()[1:]
    assert second_process == third_process
    with pytest.raises(locks.LockHeld) as held:
        locks.acquire(str(bench.directory / "locks"), key)
    assert held.value.pid == first
    second = spare(bench, first)
    killed(bench, key, first)
    assert started(bench, key) == second
    started(bench, other)  # it has another environment, and so another zygote
    assert bench.output(other).startswith(f"other red {bench.directory} first")


def test_one_of_several_is_not_the_child_in_reserve(bench: Bench) -> None:
    bench.module("tells", TELLS)
    key = bench.daemon("tells", instances=2)
    waits = kept(bench, key)
    bench.spawn(key, Key("tells", 1))
    bench.until(Key("tells", 1), Ready)
    assert list(bench.engine._fork_queue.spares) == [waits]


def test_after_an_edit_it_is_of_no_use_and_ends(bench: Bench) -> None:
    file = bench.module("tells", TELLS)
    key = bench.daemon("tells")
    waits = kept(bench, key)
    pidfd = os.pidfd_open(waits)
    file.write_text(TELLS.replace("first", "edited"))
    assert started(bench, key) != waits
    assert "edited" in bench.output(key).splitlines()[-1]
    bench.reactor.run_until(lambda: select.select([pidfd], [], [], 0)[0], PATIENCE)
    os.close(pidfd)


def test_it_ends_with_its_zygote(bench: Bench) -> None:
    bench.module("tells", TELLS)
    key = bench.daemon("tells")
    waits = kept(bench, key)
    pidfd = os.pidfd_open(waits)
    (zygote,) = bench.zygotes()
    os.kill(zygote, signal.SIGKILL)
    bench.reactor.run_until(lambda: select.select([pidfd], [], [], 0)[0], PATIENCE)
    os.close(pidfd)
    bench.reactor.run_until(lambda: bench.zygotes() != [zygote], PATIENCE)
    assert bench.start(key) != waits


def test_where_it_was_killed_another_one_is_forked(bench: Bench) -> None:
    bench.module("tells", TELLS)
    key = bench.daemon("tells")
    waits = kept(bench, key)
    os.kill(waits, signal.SIGKILL)
    os.waitid(os.P_PID, waits, os.WEXITED | os.WNOWAIT)
    assert started(bench, key) != waits
    assert spare(bench, waits)
    with pytest.raises(ChildProcessError):  # it was reaped
        os.waitid(os.P_PID, waits, os.WEXITED | os.WNOWAIT)


def test_a_signal_that_was_for_nobody_stops_nobody(bench: Bench) -> None:
    bench.module("tells", TELLS)
    key = bench.daemon("tells")
    waits = kept(bench, key)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        os.kill(waits, number)
    assert started(bench, key) == waits
    assert len(bench.told(key, Exited)) == 2
