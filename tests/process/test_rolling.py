"""`udaemon restart --rolling` with real processes; who is ready at each moment is told from the events alone."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

from tests.process.conftest import Bell
from tests.process.project import PATIENCE, Project

WORKERS = """
    import os, time

    class Worker:
        def do_task(self):
            with open(os.environ["BELL"], "w") as bell:
                bell.write(f"begun {os.getpid()}\\n")
            time.sleep(0.05)
            with open(os.environ["BELL"], "w") as bell:
                bell.write(f"ended {os.getpid()}\\n")

    def create():
        if os.path.exists("broken"):
            raise SystemExit(3)
        return Worker()
"""


BLOCKS = """
    import os, time

    def run():
        with open(os.environ["BELL"], "w") as bell:
            bell.write(f"begun {os.getpid()}\\n")
        while not os.path.exists("go-" + os.environ["UDAEMON_INSTANCE"]):
            time.sleep(0.02)
"""


def workers(project: Project, rung: Bell) -> None:
    project.file("workers.py", WORKERS)
    project.manifest(f"""
        env = {{ BELL = "{rung.path}" }}
        [daemons.worker]
        factory = "workers:create"
        sleep = "100ms"
        instances = 8
        restart = "never"
    """)
    project.up()


def fewest_ready(project: Project, count: int) -> int:
    """The fewest that were running at any moment since all of them were."""
    states: dict[str, str] = {}
    fewest = count
    for line in project.run("events", "--json").stdout.splitlines():
        event = json.loads(line)
        if event["name"] is None:
            continue
        states[f"{event['name']}/{event['instance']}"] = event["data"]["state"]
        ready = sum(state == "running" for state in states.values())
        fewest = min(fewest, ready) if "all" in states else fewest
        if ready == count:
            states["all"] = "up"
    return fewest


def test_of_eight_instances_seven_are_ready_at_each_moment(project: Project, bell: Callable[[str], Bell]) -> None:
    rung = bell("runs")
    workers(project, rung)
    before = [one["pid"] for one in project.instances()]
    said = project.run("restart", "--rolling", "worker").stderr.splitlines()
    assert [line.split()[:2] for line in said] == [[f"worker/{index}", "restarted"] for index in range(8)]
    assert not set(before) & {one["pid"] for one in project.instances()}
    assert fewest_ready(project, 8) == 7
    project.down()
    told = [line.split() for line in rung.lines(0)] + [line.split() for line in _rest(rung)]
    for pid in map(str, before):
        words = [word for word, whose in told if whose == pid]
        assert words.count("begun") == words.count("ended") > 0  # no run was cut short


def _rest(rung: Bell) -> list[str]:
    with open(rung.path, "w") as last:
        last.write("last 0\n")
    lines: list[str] = []
    while not lines or lines[-1] != "last 0":
        lines += rung.lines(1)
    return lines


def test_it_stops_at_the_first_that_fails(project: Project, bell: Callable[[str], Bell]) -> None:
    workers(project, bell("runs"))
    before = [one["pid"] for one in project.instances()]
    (project.directory / "broken").touch()
    said = project.run("restart", "--rolling", "worker", code=1).stderr
    assert said.startswith("worker/0 failed: ")
    assert said.endswith(f"not restarted: {', '.join(f'worker/{index}' for index in range(1, 8))}\n")
    assert [one["pid"] for one in project.instances()] == [None, *before[1:]]


def test_ctrl_c_leaves_all_up_and_the_rest_untouched(project: Project) -> None:
    gate = project.directory / "gate"
    os.mkfifo(gate)
    project.manifest(f"""
        [daemons.web]
        command = "sh -c 'trap \\"read line < {gate}; exit 0\\" TERM; while :; do sleep 0.05; done'"
        instances = 2
        stop.kill-tree = false
    """)
    project.up()
    first, second = (one["pid"] for one in project.instances())
    with project.process("restart", "--rolling", "web") as restart:
        project.until("web", lambda seen: seen["state"] == "stopping")
        restart.send_signal(signal.SIGINT)
        assert restart.wait(30) == 130
    Path(gate).write_text("go\n")
    seen = project.until("web", lambda seen: seen["state"] == "running")
    assert seen["pid"] != first
    assert project.instance("web", 1)["pid"] == second


def test_one_whose_supervisor_gives_way_says_how_far_it_came(project: Project, bell: Callable[[str], Bell]) -> None:
    """The one under way goes on at the next supervisor, whose business the others are not."""
    rung = bell("runs")
    project.file("blocks.py", BLOCKS)
    project.manifest(f"""
        env = {{ BELL = "{rung.path}" }}
        [daemons.worker]
        task = "blocks:run"
        sleep = "1h"
        instances = 3
    """)
    project.up()
    assert {line.split()[0] for line in rung.lines(3)} == {"begun"}
    before = {one["instance"]: one["pid"] for one in project.instances()}
    with project.process("restart", "--rolling", "worker") as rolling, project.process("events", "-f") as events:
        assert events.stdout is not None
        told = iter(events.stdout.readline, "")
        assert any("restarting" in line or "starts again after its run" in line for line in told)
        (project.directory / "go-0").touch()
        assert any("worker/1 restarting" in line for line in told)
        project.run("reexec")
        assert rolling.wait(PATIENCE) == 1
        assert rolling.stderr is not None
        said = rolling.stderr.read()
    assert "1 of 3 was restarted; the one under way comes back, and no other one is touched" in said
    (project.directory / "go-1").touch()
    project.until("worker", lambda one: one["pid"] not in (None, before[1]), 1)
    assert project.instance("worker", 2)["pid"] == before[2]
    (project.directory / "go-2").touch()
