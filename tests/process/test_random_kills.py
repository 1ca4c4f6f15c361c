"""I23: each process of ours is killed at random moments under load, and I1, I2, I4, I5, I9 and I12 hold each time.

An independent checker (`tests/soak/checker.py`) looks at /proc meanwhile. KILLS_SEED repeats one, KILLS_LOAD runs so
many busy loops beside; the times without an answer are printed.
"""

from __future__ import annotations

import faulthandler
import json
import os
import random
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.process.project import PATIENCE, Json, Project
from tests.process.test_keeper import children_named, kill, parent
from tests.soak.checker import Checker, processes

SEED = int(os.environ.get("KILLS_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
LOAD = int(os.environ.get("KILLS_LOAD", "0"))
COUNT = """
    import udaemon

    def create(context: udaemon.TaskContext):
        return lambda: print("line", context.run_id, flush=True)
"""
PASSING = """
    import sys

    def create():
        with open("forked", "a") as file:
            print("once", file=file)
        return sys.exit
"""
LOUD = """
    n=0
    while :; do
        n=$((n + 1))
        echo "line $n"
        [ $((n % 20)) -eq 0 ] && sleep 0.02
    done
"""
MANIFEST = """
    [defaults]
    restart = "always"
    start-limit = { count = 100000, window = "1s" }
    backoff = { initial = "20ms", max = "50ms" }
    stop = { timeout = "5s" }

    [daemons.count]
    factory = "count:create"
    sleep = "5ms"
    instances = 2

    [daemons.loud]
    command = "sh loud.sh"
    log = { max-size = "64K", backups = 500 }

    [daemons.brief]
    command = "sh -c 'echo $$$$ >> starts; exec sleep 0.2'"

    [daemons.passing]
    factory = "passing:create"

    [daemons.tree]
    command = "sh -c 'SOAK_CHILD=1 sleep 1000 & SOAK_CHILD=1 setsid sleep 1001 & exec sleep 1002'"
"""
PARTS = {"median": 0.5, "p95": 0.95, "longest": 1.0}
STEADY = {"count", "loud", "tree"}


class Fleet:
    """A project under load, and the times in which it did not answer as it should."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.chance = random.Random(SEED)
        self.gaps: list[float] = []
        project.file("count.py", COUNT)
        project.file("loud.sh", LOUD)
        project.file("passing.py", PASSING)
        project.manifest(MANIFEST)
        project.up()
        self.pids = self.steady()

    @property
    def supervisor(self) -> int:
        pid: int = self.project.ps()["supervisor"]["pid"]
        return pid

    def child(self, title: str) -> int:
        """Of the supervisor, one that has this in its title, once there is one."""
        deadline = time.monotonic() + PATIENCE
        while not (found := children_named(self.supervisor, title)):
            assert time.monotonic() < deadline, title
        return found[0]

    def steady(self) -> dict[str, int]:
        """The daemons that do not end by themselves."""
        return {
            f"{one['name']}/{one['instance']}": one["pid"] for one in self.project.instances() if one["name"] in STEADY
        }

    def random_moment(self) -> None:
        threading.Event().wait(self.chance.uniform(0.0, 0.3))

    def answers(self, since: float) -> None:
        """I12: all that is wanted runs, with the same pids, and a verb is answered."""
        deadline = since + PATIENCE
        told: list[Json] = []
        while True:
            done = self.project.run("ps", "--json", code=None)
            if done.returncode == 0:
                told = json.loads(done.stdout)["instances"]
                if all(one["state"] == "running" for one in told if one["name"] in STEADY):
                    break
            assert time.monotonic() < deadline, done
        self.gaps.append(time.monotonic() - since)
        seen = {f"{one['name']}/{one['instance']}": one["pid"] for one in told if one["name"] in STEADY}
        assert seen == self.pids


def a_supervisor(fleet: Fleet) -> float:
    return killed(fleet.supervisor)


def a_logger(fleet: Fleet) -> float:
    return killed(fleet.child("logger_main"))


def a_zygote(fleet: Fleet) -> float:
    return killed(fleet.child("udaemon: zygote"))


def a_keeper(fleet: Fleet) -> float:
    """And with it or a while later the supervisor, or there would be no keeper to be killed the next time."""
    first = fleet.supervisor
    kill(parent(first))
    if fleet.chance.random() < 0.5:
        assert fleet.supervisor == first
        fleet.random_moment()
    begun = killed(first)
    fleet.project.run("up", "-d")
    return begun


def killed(pid: int) -> float:
    """Kill it; returns when that was."""
    begun = time.monotonic()
    kill(pid)
    return begun


@contextmanager
def busy_loops(number: int) -> Iterator[None]:
    """So many programs that want a processor each."""
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(number)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


@pytest.mark.parametrize("blow", [a_supervisor, a_logger, a_zygote, a_keeper])
@pytest.mark.parametrize("times", [6, pytest.param(50, marks=[pytest.mark.slow, pytest.mark.timeout(900)])])
def test_i23_killed_at_random_moments(project: Project, blow: Callable[[Fleet], float], times: int) -> None:
    """F1 to F3, F28 and I23, with whatever else is under way at that moment."""
    faulthandler.cancel_dump_traceback_later()  # pytest's, for tests that hang: this one has a time-out of its own
    print(f"KILLS_SEED={SEED}")
    fleet = Fleet(project)
    with busy_loops(LOAD), Checker(str(project.runtime)) as checker:
        for _ in range(times):
            fleet.random_moment()
            fleet.answers(blow(fleet))
        project.run("stop", "tree")
        left = [one.pid for one in processes(str(project.runtime).encode()) if one.instance == "tree/0"]
        assert left == [], "I9"
    assert checker.wrongs == []
    gaps = sorted(fleet.gaps)
    said = ", ".join(f"{name} {gaps[int(part * (times - 1))]:.2f} s" for name, part in PARTS.items())
    print(f"{blow.__name__} killed {times} times, without control: {said}")
    if blow is not a_keeper:  # with keeper and supervisor the counts of what was not running are lost
        _check_counts(fleet, times)
    _check_lines(fleet)


def _check_counts(fleet: Fleet, times: int) -> None:
    """I4: what began was counted, but for a start that nobody could write down: that was ended, and begun anew."""
    for name, file in (("brief", "starts"), ("passing", "forked")):
        fleet.project.run("stop", name)
        starts = len((fleet.project.directory / file).read_text().split())
        told = fleet.project.instance(name)
        assert 0 <= starts - 1 - told["restarts"] <= times, name
        assert told["exit"]["reason"] in ("stopped", "exited"), name


def _check_lines(fleet: Fleet) -> None:
    """I5: of each that counts aloud every line once, and in order."""
    logs = {name: Path(fleet.project.instance(name)["log"]) for name in ("count", "loud")}
    fleet.project.run("down", "-t", "1")
    for name, log in logs.items():
        backups = sorted(log.parent.glob(f"{log.name}.*"), key=lambda one: -int(one.suffix[1:]))
        text = "".join(one.read_text() for one in [*backups, log])
        found: dict[str, list[int]] = {}
        for tag, number in re.findall(r"^(?:\S+ )?(\[?[a-z0-9/]*\]?) ?.*?line (\d+)$", text, re.MULTILINE):
            found.setdefault(tag, []).append(int(number))
        assert len(found) == (2 if name == "count" else 1), found.keys()
        for numbers in found.values():
            assert numbers == list(range(1, len(numbers) + 1)), name
