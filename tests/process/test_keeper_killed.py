"""What goes on after a supervisor was killed with its keeper: F1, F7, I1, I9, I10, I12, I23."""

from __future__ import annotations

import os
import re
import signal
import time
from pathlib import Path

import pytest
from tests.process.project import PATIENCE, Project, gone
from tests.process.test_keeper import children, children_named, kill, kill_both, parent, pids, supervisor, until

FLEET = """
    [daemons.task]
    factory = "task:create"
    sleep = "20ms"

    [daemons.quiet]
    command = "sleep 1000"
    restart = "always"
"""


@pytest.fixture
def adopted(project: Project) -> Project:
    """Two daemons whose supervisor and keeper were killed, and which another `up` has adopted."""
    project.file("task.py", "def create():\n    return lambda: None\n")
    project.manifest(FLEET)
    project.up()
    before = pids(project)
    kill_both(project)
    project.up()
    assert pids(project) == before
    return project


@pytest.mark.parametrize("how", ["kill", "reexec"])
def test_f1_f7_what_was_adopted_goes_on_under_the_next_supervisor_too(adopted: Project, how: str) -> None:
    """I23: they are children neither of the new supervisor nor of the new keeper. One that ends is started again."""
    before, first = pids(adopted), supervisor(adopted)
    if how == "kill":
        kill(first)
    else:
        adopted.run("reexec")
    assert supervisor(adopted) != first
    assert pids(adopted) == before
    kill(before["quiet"])
    until(adopted, "quiet", lambda seen: seen["state"] == "running" and seen["restarts"] == 1)
    adopted.down()
    assert gone([*before.values()])


def test_f1_a_lock_whose_holder_was_not_noted_is_found_by_who_has_it_open(adopted: Project) -> None:
    """Of many instances two may have one place for that note."""
    before = pids(adopted)
    kill_both(adopted)
    for file in adopted.runtime.glob("udaemon/*/locks/*"):
        os.pwrite(fd := os.open(file, os.O_WRONLY), bytes(file.stat().st_size), 0)
        os.close(fd)
    adopted.up()
    assert pids(adopted) == before
    adopted.down()
    assert gone([*before.values()])


def test_i1_one_that_has_closed_its_descriptors_has_no_second_copy(project: Project) -> None:
    """Its lock is free: it is known by its number, and by its having begun before that was written down."""
    project.file("task.py", "import os\ndef create():\n    return lambda: os.closerange(3, 1000)\n")
    project.manifest("""
        [daemons.task]
        factory = "task:create"
        sleep = "1h"

        [daemons.shut]
        command = ["python3", "-c", "import os, time; os.closerange(0, 1000); open('shut', 'w'); time.sleep(1000)"]
    """)
    project.up()
    project.run("wait", "task@run-ok")
    until(project, "shut", lambda _seen: (project.directory / "shut").exists())
    before = pids(project)
    for _ in range(2):
        kill_both(project)
        project.up()
        assert pids(project) == before
    kill(supervisor(project))
    assert pids(project) == before
    project.down()
    assert gone([*before.values()])


def test_i1_i23_killed_in_the_middle_of_a_batch_each_is_there_once(project: Project) -> None:
    """Forked already and written down nowhere: they are ended, and so is who was about to fork the others."""
    project.file(
        "slow.py",
        "import os, time\nos.register_at_fork(before=lambda: os.path.exists('slow') and time.sleep(0.1))\n",
    )
    project.file("task.py", "def create():\n    return lambda: None\n")
    project.manifest("""
        [daemons.task]
        factory = "task:create"
        sleep = "1h"
        instances = 12
        preload = ["slow"]
    """)
    (project.directory / "slow").touch()
    with project.process("up", "-d") as up:
        first = _supervisor_in_a_batch(project)
        os.kill(parent(first), signal.SIGKILL)
        kill(first)
        up.wait(PATIENCE)
    (project.directory / "slow").unlink()
    project.up()
    instances = project.instances()
    assert {one["state"] for one in instances} == {"running"}
    named = [pid for pid in _all_pids() if _is_task_of(pid, project)]
    assert sorted(named) == sorted(one["pid"] for one in instances)
    project.down()
    assert gone(named)


def test_i9_a_down_whose_supervisor_is_killed_waits_for_what_its_successor_stops(project: Project) -> None:
    os.mkfifo(project.directory / "go")
    project.file("slow.sh", "trap 'read word < go; exit 0' TERM; touch up; while :; do sleep 0.05; done")
    project.manifest("""
        [daemons.slow]
        command = "sh slow.sh"
        stop = { timeout = "20s" }
    """)
    project.up()
    pid = until(project, "slow", lambda _seen: (project.directory / "up").exists())["pid"]
    with project.process("down") as down:
        until(project, "slow", lambda seen: seen["state"] == "stopping")
        kill(supervisor(project))
        until(project, "slow", lambda seen: seen["state"] == "stopping")
        assert down.poll() is None
        (project.directory / "go").write_text("now\n")
        assert down.wait(PATIENCE) == 0
    assert gone([pid])
    assert project.run_directories() == []


def test_i10_down_tells_what_goes_on_without_a_supervisor(project: Project) -> None:
    project.manifest('[daemons.quiet]\ncommand = "sleep 1000"\n')
    project.up()
    before = pids(project)
    kill_both(project)
    refused = project.run("down", code=1)
    assert refused.stderr.startswith("udaemon: without a supervisor there still run quiet/0\n  hint: udaemon up -d")
    project.up()
    assert pids(project) == before
    project.down()
    assert gone([*before.values()])
    project.down()


def test_f35_what_a_daemon_left_that_died_with_keeper_and_supervisor_is_ended(project: Project) -> None:
    """It leads a session of its own, and is no daemon for that."""
    project.manifest("""
        [daemons.tree]
        command = "sh -c 'setsid sleep 1001 & exec sleep 1002'"
        restart = "always"
    """)
    project.up()
    until(project, "tree", lambda seen: bool(children_named(seen["pid"], "1001")))
    before = pids(project)["tree"]
    (left,) = children_named(before, "1001")
    kill_both(project)
    kill(before)
    project.up()
    assert gone([left])
    assert pids(project)["tree"] not in (before, left)
    project.down()


def test_i10_a_keeper_that_was_stopped_ends_with_the_rest(project: Project) -> None:
    project.manifest('[daemons.quiet]\ncommand = "sleep 1000"\n')
    project.up()
    keeper = parent(supervisor(project))
    os.kill(keeper, signal.SIGSTOP)
    project.down()
    assert gone([keeper])


def _supervisor_in_a_batch(project: Project) -> int:
    """Its pid, once the process between has forked some of them."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        for file in project.runtime.glob("udaemon/*/supervisor.pid"):
            first = int(file.read_text() or 0)
            for zygote in children_named(first, "udaemon: zygote") if first else ():
                if any(len(children(between)) > 3 for between in children(zygote)):
                    return first
    raise AssertionError("nothing was forked")


def _all_pids() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def _is_task_of(pid: int, project: Project) -> bool:
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        return (
            bool(re.match(rb"udaemon: task/", command))
            and Path(f"/proc/{pid}/cwd").resolve() == project.directory.resolve()
        )
    except OSError:
        return False
