"""I23: each process of ours is killed at random moments under load, and I1, I2, I4, I5, I9 and I12 hold each time.

An independent checker (`tests/soak/checker.py`) looks at /proc meanwhile. KILLS_SEED repeats one; the longest time
without an answer is printed.
"""

from __future__ import annotations

import faulthandler
import json
import os
import random
import re
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.process.project import PATIENCE, Json, Project
from tests.process.test_keeper import children_named, kill, parent
from tests.soak.checker import Checker, processes

SEED = int(os.environ.get("KILLS_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
COUNT = """
    import udaemon

    def create(context: udaemon.TaskContext):
        return lambda: print("line", context.run_id, flush=True)
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

    [daemons.tree]
    command = "sh -c 'SOAK_CHILD=1 sleep 1000 & SOAK_CHILD=1 setsid sleep 1001 & exec sleep 1002'"
"""
STEADY = {"count", "loud", "tree"}


class Fleet:
    """A project under load, and the longest time in which it did not answer as it should."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.chance = random.Random(SEED)
        self.longest = 0.0
        project.file("count.py", COUNT)
        project.file("loud.sh", LOUD)
        project.manifest(MANIFEST)
        project.up()
        self.pids = self.steady()

    @property
    def supervisor(self) -> int:
        pid: int = self.project.ps()["supervisor"]["pid"]
        return pid

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
        self.longest = max(self.longest, time.monotonic() - since)
        seen = {f"{one['name']}/{one['instance']}": one["pid"] for one in told if one["name"] in STEADY}
        assert seen == self.pids


def a_supervisor(fleet: Fleet) -> None:
    kill(fleet.supervisor)


def a_logger(fleet: Fleet) -> None:
    for pid in children_named(fleet.supervisor, "logger_main"):
        kill(pid)


def a_zygote(fleet: Fleet) -> None:
    for pid in children_named(fleet.supervisor, "udaemon: zygote")[:1]:
        kill(pid)


def a_keeper(fleet: Fleet) -> None:
    """And then the supervisor, or there would be no keeper to be killed the next time."""
    first = fleet.supervisor
    kill(parent(first))
    assert fleet.supervisor == first
    fleet.random_moment()
    kill(first)
    fleet.project.run("up", "-d")


@pytest.mark.parametrize("blow", [a_supervisor, a_logger, a_zygote, a_keeper])
@pytest.mark.parametrize("times", [6, pytest.param(50, marks=[pytest.mark.slow, pytest.mark.timeout(900)])])
def test_i23_killed_at_random_moments(project: Project, blow: Callable[[Fleet], None], times: int) -> None:
    """F1 to F3, F28 and I23, with whatever else is under way at that moment."""
    faulthandler.cancel_dump_traceback_later()  # pytest's, for tests that hang: this one has a time-out of its own
    print(f"KILLS_SEED={SEED}")
    fleet = Fleet(project)
    with Checker(str(project.runtime)) as checker:
        for _ in range(times):
            fleet.random_moment()
            begun = time.monotonic()
            blow(fleet)
            fleet.answers(begun)
        project.run("stop", "tree")
        left = [one.pid for one in processes(str(project.runtime).encode()) if one.instance == "tree/0"]
        assert left == [], "I9"
    assert checker.wrongs == []
    print(f"{blow.__name__} killed {times} times: {fleet.longest:.2f} s without control at most")
    if blow is not a_keeper:  # with keeper and supervisor the counts of what was not running are lost
        _check_counts(fleet, times)
    _check_lines(fleet)


def _check_counts(fleet: Fleet, times: int) -> None:
    """I4: what began was counted, but for a start that nobody could write down: that was ended, and begun anew."""
    fleet.project.run("stop", "brief")
    starts = len((fleet.project.directory / "starts").read_text().split())
    told = fleet.project.instance("brief")
    assert 0 <= starts - 1 - told["restarts"] <= times
    assert told["exit"]["reason"] in ("stopped", "exited")


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
