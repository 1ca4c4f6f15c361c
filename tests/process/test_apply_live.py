"""What changes live reaches the process that runs, whatever it is doing: pace, memory limit, how its log is kept."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.process.conftest import Bell
from tests.process.project import PATIENCE, Project
from tests.process.test_supervisor import helpers

TASKS = """
    import os, time

    BELL = os.environ["BELL"]

    def say(word):
        with open(BELL, "w") as bell:
            bell.write(f"{word} {os.getpid()} {time.monotonic()}\\n")

    def tick():
        say("tick")

    async def tick_async():
        say("tick")

    def spin():
        pass

    HELD = []

    def grow():
        HELD.append(bytearray(30_000_000))
        say("tick")

    def speak():
        print("a line", flush=True)
        say("tick")
"""


class Ticks:
    """A project with one daemon, which rings at each run."""

    def __init__(self, project: Project, bell: Bell) -> None:
        self.project = project
        self.bell = bell
        project.file("tasks.py", TASKS)

    def declare(self, **keys: object) -> None:
        text = "".join(f"{name.replace('_', '-')} = {value}\n" for name, value in keys.items())
        self.project.file("udaemon.toml", f"env = {{ BELL = '{self.bell.path}' }}\n[daemons.ticks]\n{text}")

    def runs(self, count: int) -> tuple[set[int], list[float]]:
        """Wait for so many runs. Returns the pids and the moments of them."""
        told = [line.split() for line in self.bell.lines(count, timeout=30)]
        return {int(pid) for _, pid, _ in told}, [float(at) for _, _, at in told]


@pytest.fixture
def ticks(project: Project, bell: Callable[[str], Bell]) -> Ticks:
    return Ticks(project, bell("ticks"))


@pytest.mark.parametrize("task", ["tick", "tick_async"])
@pytest.mark.parametrize("method", ["zygote", "spawn"])
def test_a_task_in_a_pause_of_an_hour_is_woken_for_a_shorter_one(ticks: Ticks, task: str, method: str) -> None:
    keys = {"task": f"'tasks:{task}'", "start_method": f"'{method}'"}
    ticks.declare(**keys, sleep="'1h'")
    ticks.project.run("up", "-d")
    before, _ = ticks.runs(1)
    ticks.declare(**keys, sleep="'50ms'")
    assert "(live)" in ticks.project.run("apply").stdout
    pids, moments = ticks.runs(12)
    assert pids == before
    assert moments[11] - moments[1] >= 10 * 0.04  # one that is late takes its part of a gap from the next
    ticks.declare(**keys, sleep="'2h'")
    ticks.project.run("apply")
    seen = ticks.project.until("ticks", lambda one: one["runs"]["next_at"] is not None)
    assert seen["pid"] in before


def test_one_that_never_paused_does_and_back(ticks: Ticks) -> None:
    ticks.declare(task="'tasks:spin'")
    ticks.project.up()
    pid = ticks.project.instance("ticks")["pid"]
    assert ticks.project.instance("ticks")["runs"]["next_at"] is None
    ticks.declare(task="'tasks:spin'", sleep="'1h'")
    ticks.project.run("apply")
    ticks.project.run("wait", "ticks@run-ok")
    first = ticks.project.instance("ticks")
    assert (first["pid"], first["activity"]) == (pid, "sleeping")
    assert ticks.project.instance("ticks")["runs"]["count"] == first["runs"]["count"]
    ticks.declare(task="'tasks:spin'", min_sleep="'1ms'")
    ticks.project.run("apply")
    ticks.project.run("wait", "ticks@run-ok")
    assert ticks.project.instance("ticks")["pid"] == pid


def test_a_memory_limit_is_looked_at_from_the_next_run_on(ticks: Ticks) -> None:
    ticks.declare(task="'tasks:grow'", sleep="'50ms'", memory_limit="'2G'")
    ticks.project.run("up", "-d")
    before, _ = ticks.runs(1)
    ticks.declare(task="'tasks:grow'", sleep="'50ms'", memory_limit="'100M'")
    ticks.project.run("apply")
    pids: set[int] = set(before)
    while pids == before:
        pids |= ticks.runs(1)[0]
    assert "memory" in ticks.project.run("events").stdout


def test_a_live_change_while_a_start_is_on_its_way_is_not_lost(ticks: Ticks) -> None:
    gate = ticks.project.directory / "gate"
    ticks.project.file(
        "slow.py",
        f"import os\nos.path.exists({str(gate)!r}) and open({str(gate)!r}).read()\n" + "from tasks import tick\n",
    )
    ticks.declare(task="'slow:tick'", sleep="'1h'")
    ticks.project.run("up", "-d")
    ticks.runs(1)
    ticks.declare(task="'slow:tick'", sleep="'50ms'")
    with ticks.project.process("restart", "ticks") as restart:
        ticks.project.run("apply")
        assert restart.wait(30) == 0
    ticks.runs(4)


@pytest.mark.parametrize(
    ("before", "after", "holds"),
    [
        ("plain", "json", '"line":"a line"'),
        ("json", "plain", "Z a line"),
        ("plain", "legacy", " p ["),
    ],
)
def test_how_a_log_is_written_changes_with_its_next_line(ticks: Ticks, before: str, after: str, holds: str) -> None:
    keys = {"task": "'tasks:speak'", "sleep": "'50ms'"}
    ticks.declare(**keys, log=f"{{ format = '{before}' }}")
    ticks.project.run("up", "-d")
    pids, _ = ticks.runs(2)
    ticks.declare(**keys, log=f"{{ format = '{after}' }}")
    assert "(live)" in ticks.project.run("apply").stdout
    applied = time.monotonic()
    while ticks.runs(1)[1][0] < applied:
        pass  # a run of before, which the bell has kept
    assert ticks.runs(2)[0] == pids
    ticks.project.down()
    last = Path(next(ticks.project.state.rglob("ticks*.log"))).read_text().splitlines()[-1]
    assert holds in last


def test_a_smaller_log_is_rotated_from_now_on(ticks: Ticks) -> None:
    keys = {"task": "'tasks:speak'", "sleep": "'10ms'"}
    ticks.declare(**keys, log="{ max-size = '1G' }")
    ticks.project.run("up", "-d")
    pids, _ = ticks.runs(2)
    ticks.declare(**keys, log="{ max-size = '1K', backups = 2 }")
    ticks.project.run("apply")
    assert ticks.runs(150)[0] == pids
    ticks.project.down()
    (log,) = (path for path in ticks.project.state.rglob("ticks.log"))
    assert log.stat().st_size <= 1024
    assert sorted(path.name for path in log.parent.glob("ticks.log*")) == ["ticks.log", "ticks.log.1", "ticks.log.2"]


def next_run(ticks: Ticks, ends: str) -> dict[str, Any]:
    """Look until the next run is told to be at that time; no event tells that a process has taken a schedule up."""
    deadline = time.monotonic() + PATIENCE
    while True:
        told = ticks.project.instance("ticks")
        next_at = told["runs"]["next_at"]  # null before its loop has begun
        if next_at is not None:
            minute = datetime.fromisoformat(next_at)
            if f"{minute:%m-%dT%H:%M}" == ends:
                return told
        assert time.monotonic() < deadline, next_at


@pytest.mark.parametrize("task", ["tick", "tick_async"])
def test_another_schedule_is_taken_up_by_the_same_process(ticks: Ticks, task: str) -> None:
    """Its line, zone and what it makes up for, a period in place of a line and back; nothing runs that was not due."""
    keys = {"task": f"'tasks:{task}'", "run_on_start": "false"}
    ticks.declare(**keys, cron="'0 4 1 1 *'", timezone="'UTC'")
    ticks.project.up()
    before = next_run(ticks, "01-01T04:00")
    for schedule, ends in (
        ({"cron": "'0 5 1 1 *'", "timezone": "'UTC'"}, "01-01T05:00"),
        ({"cron": "'0 5 1 1 *'", "timezone": "'Asia/Tokyo'"}, "12-31T20:00"),
        ({"cron": "'*/1 6 1 1 *'", "timezone": "'UTC'", "misfire": "'run-once'"}, "01-01T06:00"),
    ):
        ticks.declare(**keys, **schedule)
        assert "(live)" in ticks.project.run("apply").stdout
        now = next_run(ticks, ends)
        assert (now["pid"], now["runs"]["count"], now["runs"]["missed"]) == (before["pid"], 0, 0)
    ticks.declare(**keys, sleep="'50ms'")
    ticks.project.run("apply")
    assert ticks.runs(3)[0] == {before["pid"]}
    ticks.declare(**keys, cron="'0 4 1 1 *'", timezone="'UTC'")
    ticks.project.run("apply")
    assert next_run(ticks, "01-01T04:00")["pid"] == before["pid"]


def test_a_command_goes_by_another_line_without_a_run(ticks: Ticks) -> None:
    keys = {"command": "'true'", "timezone": "'UTC'", "run_on_start": "true"}
    ticks.declare(**keys, cron="'0 4 1 1 *'")
    ticks.project.up()
    ticks.project.run("wait", "ticks@run-ok")
    ticks.declare(**keys, cron="'0 5 1 1 *'")
    ticks.project.run("apply")
    assert next_run(ticks, "01-01T05:00")["runs"]["count"] == 1


@pytest.mark.parametrize("what", ["task = 'tasks:tick'", "command = 'true'"])
def test_days_without_runs_are_taken_up_without_a_restart(ticks: Ticks, what: str) -> None:
    """By a task and a scheduled command: a day is excluded, and the end of all is moved; nothing runs for that."""
    key, _, value = what.partition(" = ")
    first = (datetime.now(UTC) + timedelta(days=62)).replace(day=1)
    month = f"{first:%Y-%m}"
    keys = {key: value, "cron": f"'0 4 * {first.month} *'", "timezone": "'UTC'"}
    ticks.declare(**keys)
    ticks.project.up()
    before = next_run(ticks, f"{first:%m}-01T04:00")
    for more, ends in (
        ({"except": f"'{month}-01..{month}-03'"}, f"{first:%m}-04T04:00"),
        ({"except": f"'{month}-01'", "from": f"'{month}-20'"}, f"{first:%m}-20T04:00"),
        ({"until": f"'{first.year + 2}-01-01'"}, f"{first:%m}-01T04:00"),
    ):
        ticks.declare(**keys, **more)
        assert "(live)" in ticks.project.run("apply").stdout
        now = next_run(ticks, ends)
        assert (now["pid"], now["runs"]["count"], now["runs"]["missed"]) == (before["pid"], 0, 0)


def test_a_period_is_interrupted_from_now_on(ticks: Ticks) -> None:
    ticks.declare(task="'tasks:tick'", sleep="'20ms'")
    ticks.project.up()
    (pid,) = ticks.runs(3)[0]
    ticks.declare(task="'tasks:tick'", sleep="'20ms'", until="'2020-01-01'")
    assert "(live)" in ticks.project.run("apply").stdout
    told = ticks.project.until("ticks", lambda one: one["runs"]["next_at"] is None and one["activity"] != "in-run")
    assert told["pid"] == pid
    ticks.declare(task="'tasks:tick'", sleep="'20ms'")
    ticks.project.run("apply")
    assert ticks.runs(told["runs"]["count"] + 1)[0] == {pid}


def test_steps_and_hooks_change_in_the_same_process(ticks: Ticks) -> None:
    """A step before the start is for the next one; the one after the end, and who is told, count at once."""
    keys = {"command": "'sleep 1000'"}
    ticks.declare(**keys, before_start="'touch first'", after_stop="'touch second'")
    ticks.project.up()
    pid = ticks.project.instance("ticks")["pid"]
    more = {"before_start": "'touch third'", "after_stop": "'touch fourth'", "on.failed": "{ exec = 'touch told' }"}
    ticks.declare(**keys, **more)
    said = ticks.project.run("apply").stdout
    assert said.count("(live)") + said.count("(next start)") >= 3
    assert ticks.project.instance("ticks")["pid"] == pid
    assert not (ticks.project.directory / "third").exists()
    ticks.project.run("restart", "ticks")
    there = {name for name in ("first", "second", "third", "fourth") if (ticks.project.directory / name).exists()}
    assert there == {"first", "third", "fourth"}


def test_what_a_zygote_writes_goes_to_the_common_log_that_is_declared_now(project: Project) -> None:
    """The former one is still written to while the manifest changes: daemons that go have their last words there."""
    project.file("app.py", "def run():\n    pass\n")
    project.file("loud.py", "import sys\nprint('loaded', file=sys.stderr, flush=True)\n")
    manifest = """
        [daemons.loud]
        task = "app:run"
        sleep = "1h"
        preload = ["loud"]
        common-log = "{}.log"
    """
    project.manifest(manifest.format("former"))
    project.up()
    project.manifest(manifest.format("present"))
    project.run("apply", "--now")
    for zygote in helpers(project.ps()["supervisor"]["pid"], "zygote"):
        os.kill(zygote, signal.SIGKILL)
    project.run("restart", "loud")
    project.down()
    written = {name: (project.directory / f"{name}.log").read_text() for name in ("former", "present")}
    assert {name: text.count(" loaded\n") for name, text in written.items()} == {"former": 1, "present": 1}
