"""Minutes of kills and verbs at random moments, while an independent reader of /proc checks the invariants.

The seed is told with each failure: SOAK_SEED repeats one. SOAK_ROUNDS is how often a hundred are started again where
that is counted: a hundred times if it is not said. It runs with `-m slow` only.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.process.conftest import MARKER, descendants, wait_for_ends
from tests.process.project import Json, Project, gone
from tests.process.test_keeper import parent
from tests.process.test_supervisor import helpers
from tests.process.watchman import Watchman, fds, rss

SEED = int(os.environ.get("SOAK_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
ROUNDS = int(os.environ.get("SOAK_ROUNDS", "100"))
WARM = 5
"""Rounds before it is measured: what is loaded and allocated once is there then."""
COUNT = """
    import udaemon

    def create(context: udaemon.TaskContext):
        return lambda: print("line", context.run_id, flush=True)
"""
MIXED = """
    [defaults]
    restart = "always"
    start-limit = { count = 100000, window = "1s" }
    backoff = { initial = "10ms", max = "100ms" }

    [daemons.count]
    factory = "count:create"
    sleep = "5ms"
    instances = 6

    [daemons.command]
    command = ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 0.1 & wait; done"]
    instances = 4
"""
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def helper_pids(project: Project) -> dict[str, int]:
    supervisor = project.ps()["supervisor"]["pid"]
    daemons = {one["pid"] for one in project.instances()}
    (zygote,) = set(helpers(supervisor, "zygote")) - daemons
    (logger,) = helpers(supervisor, "udaemon.logs.logger_main")
    return {"keeper": parent(supervisor), "supervisor": supervisor, "logger": logger, "zygote": zygote}


def settled(project: Project, patience: float = 20.0) -> list[Json]:
    """The instances once all run (I12)."""
    deadline = time.monotonic() + patience
    while True:
        told = project.instances()
        if all(one["state"] == "running" for one in told):
            return told
        assert time.monotonic() < deadline, [one for one in told if one["state"] != "running"]


def lines_in_order(log: Path, kills: int) -> None:
    """I5: each numbered line once and in order; where some are missing, a kill was in that place."""
    numbers: dict[str, list[int]] = {}
    for line in log.read_text().splitlines():
        if " line " in line:
            instance = line.partition("[")[2].partition("]")[0]
            numbers.setdefault(instance, []).append(int(line.rpartition(" ")[2]))
    gaps = 0
    for found in numbers.values():
        assert found == sorted(set(found)), f"seed {SEED}: a line twice or out of order"
        gaps += sum(after != before + 1 for before, after in itertools.pairwise(found))
    assert gaps <= kills, f"seed {SEED}"


def test_f64_restarts_leave_fds_memory_and_threads_as_they_were(project: Project) -> None:
    """Ten thousand of them, by an operator."""
    project.file("beat.py", "def create():\n    return lambda: None\n")
    project.manifest("""
        [daemons.beat]
        factory = "beat:create"
        sleep = "50ms"
        instances = 100
    """)
    project.up()
    stays_flat(project, lambda: project.run("restart", "*"))
    assert {one["restarts"] for one in settled(project)} == {0}, "an operator's restart is not counted"


def test_i4_each_kill_is_one_restart(project: Project) -> None:
    project.file("count.py", COUNT)
    project.manifest(MIXED)
    project.up()
    chance = random.Random(SEED)
    kills: dict[tuple[str, int], int] = {}
    with Watchman(project.runtime) as watchman:
        for _ in range(60):
            one = chance.choice(settled(project))
            os.kill(one["pid"], signal.SIGKILL)
            assert gone([one["pid"]])
            key = (one["name"], one["instance"])
            kills[key] = kills.get(key, 0) + 1
        told = settled(project)
    assert watchman.wrongs == []
    assert {(one["name"], one["instance"]): one["restarts"] for one in told if one["restarts"]} == kills
    log = project.directory / project.instance("count")["log"]
    project.down()
    lines_in_order(log, kills=sum(number for (name, _), number in kills.items() if name == "count"))
    assert project.run_directories() == []


def test_chaos_of_kills_and_verbs_ends_with_everything_as_wanted(project: Project) -> None:
    project.file("count.py", COUNT)
    project.manifest(MIXED)
    project.up()
    chance = random.Random(SEED)
    over, slow, kills = threading.Event(), list[float](), 0

    def ask() -> None:
        while not over.wait(0.1):
            begun = time.monotonic()
            project.run("ps", "--json", code=None)
            slow.append(time.monotonic() - begun)

    asker = threading.Thread(target=ask)
    asker.start()
    end = time.monotonic() + 45.0
    try:
        with Watchman(project.runtime) as watchman:
            while time.monotonic() < end:
                kills += one_blow(project, chance)
            project.run("start", "*", code=None)
            settled(project)
    finally:
        over.set()
        asker.join()
    log = project.directory / project.instance("count")["log"]
    project.down()
    slow.sort()
    print(f"seed {SEED}: {kills} kills, ps p50 {slow[len(slow) // 2]:.3f} s, p99 {slow[len(slow) * 99 // 100]:.3f} s")
    assert watchman.wrongs == []
    assert slow[len(slow) * 99 // 100] < 2.0
    lines_in_order(log, kills)
    assert project.run_directories() == []


def one_blow(project: Project, chance: random.Random) -> int:
    """Something bad, or a verb. Returns how many processes it killed."""
    told = project.run("ps", "--json", code=None)
    if told.returncode:
        return 0
    seen = json.loads(told.stdout)
    supervisor = seen["supervisor"]["pid"]
    living = [one["pid"] for one in seen["instances"] if one["pid"]]
    match chance.randrange(8):
        case 0 | 1:
            return sum(blow(pid) for pid in chance.sample(living, min(len(living), 3)))
        case 2:
            return sum(blow(pid) for pid in set(helpers(supervisor, "zygote")) - set(living))
        case 3:
            return sum(blow(pid) for pid in helpers(supervisor, "udaemon.logs.logger_main"))
        case 4:
            os.kill(supervisor, signal.SIGSTOP)
            threading.Event().wait(chance.uniform(0.0, 0.3))
            os.kill(supervisor, signal.SIGCONT)
        case 5:
            names = ["*", "count", f"count/{chance.randrange(6)}", "command"]
            threads = [
                threading.Thread(target=project.run, args=(verb, chance.choice(names)), kwargs={"code": None})
                for verb in chance.choices(["start", "stop", "restart"], k=4)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        case _:
            project.run(chance.choice(["restart", "start"]), "*", code=None)
    return 0


def blow(pid: int) -> int:
    """KILL one of the project's own; it may have just gone."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return 0
    return 1


def test_f1_a_supervisor_killed_at_any_moment_leaves_one_of_each_in_the_end(project: Project) -> None:
    project.file("count.py", COUNT)
    project.manifest(MIXED)
    chance = random.Random(SEED)
    with Watchman(project.runtime) as watchman:
        for _ in range(8):
            project.up()
            seen = project.ps()
            with project.process("restart", "*") as restart:
                threading.Event().wait(chance.uniform(0.0, 0.4))
                os.kill(seen["supervisor"]["pid"], signal.SIGKILL)
                restart.wait(30)
        project.up()
        settled(project)
        project.down()
    assert watchman.wrongs == [], f"seed {SEED}"
    assert project.run_directories() == []


@pytest.mark.parametrize("part", range(6))
def test_i7_three_hundred_ups_and_downs_leave_nothing(project: Project, part: int) -> None:
    project.file("beat.py", "def create():\n    return lambda: None\n")
    project.manifest("""
        [daemons.beat]
        factory = "beat:create"
        sleep = "1h"
        instances = 2

        [daemons.wrapped]
        command = ["sh", "-c", "sleep 1000; true"]
    """)
    marks = [os.environ[MARKER]]
    for number in range(50):
        project.run("up", "-d")
        project.run("down")
        assert project.run_directories() == [], f"after {part * 50 + number + 1}"
    assert wait_for_ends(descendants(marks, {os.getpid()}), timeout=5.0) == []


def test_f64_crashes_leave_fds_memory_and_threads_as_they_were(project: Project) -> None:
    """Ten thousand of tasks and of commands that leave others behind, each killed and started again."""
    project.file("beat.py", "def create():\n    return lambda: None\n")
    project.manifest("""
        [defaults]
        start-limit = { count = 100000, window = "1s" }
        backoff = { initial = "1ms", max = "1ms" }

        [daemons.beat]
        factory = "beat:create"
        sleep = "1h"
        instances = 50

        [daemons.wrapped]
        command = ["sh", "-c", "sleep 1000; true"]
        instances = 50
    """)
    project.up()
    stays_flat(project, lambda: kill_all(project))
    assert {one["restarts"] for one in settled(project)} == {WARM + ROUNDS}


def stays_flat(project: Project, start_again: Callable[[], object]) -> None:
    """Have a hundred instances started again and again, and see that our processes are as they were."""
    for _ in range(WARM):
        start_again()
    pids = helper_pids(project)
    before = {name: measured(pid) for name, pid in pids.items()}
    begun = time.monotonic()
    with Watchman(project.runtime) as watchman:
        for _ in range(ROUNDS):
            start_again()
    took = time.monotonic() - begun
    assert watchman.wrongs == []
    assert helper_pids(project) == pids
    grown = {
        name: tuple(now - then for now, then in zip(measured(pid), before[name], strict=True))
        for name, pid in pids.items()
    }
    print(f"fds, bytes and threads grown over {ROUNDS * 100:,} restarts in {took:.0f} s: {grown}; before: {before}")
    assert {name: more for name, more in grown.items() if more[0] > 0 or more[2] > 0} == {}
    assert {name: more for name, more in grown.items() if more[1] > 2 * 1024**2} == {}


def kill_all(project: Project) -> None:
    """KILL every daemon once, and wait until all run again."""
    told = settled(project)
    for one in told:
        os.kill(one["pid"], signal.SIGKILL)
    assert gone([one["pid"] for one in told])
    settled(project)


def measured(pid: int) -> tuple[int, int, int]:
    return fds(pid), rss(pid), len(os.listdir(f"/proc/{pid}/task"))
