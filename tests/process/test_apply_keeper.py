"""Applies and the death of the supervisor: its successor goes by what was applied, and loses nobody who is leaving."""

from __future__ import annotations

import os
from collections.abc import Callable

from tests.process.conftest import Bell
from tests.process.project import Project, alive, gone
from tests.process.test_apply_live import Ticks
from tests.process.test_keeper import kill, pids, supervisor, until

TASKS = """
    import os

    def waits():
        with open(os.environ["BELL"], "w") as bell:
            bell.write(f"begun {os.getpid()}\\n")
        with open(os.environ["GATE"]) as gate:
            gate.read()
"""


def test_f1_the_successor_goes_by_the_manifest_that_was_applied(project: Project) -> None:
    project.manifest('[daemons.a]\ncommand = "sleep 1000"\n[daemons.b]\ncommand = "sleep 1001"\n')
    project.up()
    project.manifest('[daemons.a]\ncommand = "sleep 1000"\nstop.timeout = 3\n[daemons.c]\ncommand = "sleep 1002"\n')
    project.run("apply")
    before = pids(project)
    kill(supervisor(project))
    assert pids(project) == before
    assert project.run("diff").stdout == "nothing differs\n"
    assert {one["drift"] for one in project.instances()} == {False}


def test_f1_one_that_is_removed_and_in_a_run_is_still_waited_for_by_the_successor(
    project: Project, bell: Callable[[str], Bell]
) -> None:
    rung, gate = bell("runs"), project.directory / "gate"
    os.mkfifo(gate)
    project.file("tasks.py", TASKS)
    project.manifest(f"""
        env = {{ BELL = "{rung.path}", GATE = "{gate}" }}
        [daemons.leaves]
        task = "tasks:waits"
        [daemons.stays]
        command = "sleep 1000"
    """)
    project.run("up", "-d")
    pid = int(rung.lines(1)[0].split()[1])
    project.manifest(f"""
        env = {{ BELL = "{rung.path}", GATE = "{gate}" }}
        [daemons.stays]
        command = "sleep 1000"
    """)
    project.run("apply", "--wait-timeout", "0.1s", code=124)
    kill(supervisor(project))
    seen = until(project, "leaves", lambda _seen: True)
    assert (seen["pid"], seen["wanted"]) == (pid, "down")
    assert alive(pid)
    gate.write_text("")
    assert until(project, "leaves", lambda seen: seen["pid"] is None)["state"] == "stopped"
    assert gone([pid])
    assert rung.lines(0) == []
    project.run("apply")
    assert set(pids(project)) == {"stays"}


def test_f1_what_changes_live_reaches_a_process_that_was_adopted(project: Project, bell: Callable[[str], Bell]) -> None:
    ticks = Ticks(project, bell("ticks"))
    ticks.declare(task="'tasks:speak'", sleep="'1h'")
    project.run("up", "-d")
    before, _ = ticks.runs(1)
    for sleep in ("'2h'", "'50ms'"):
        kill(supervisor(project))
        ticks.declare(task="'tasks:speak'", sleep=sleep, log="{ format = 'json' }")
        project.run("apply")
    assert ticks.runs(3)[0] == before
    project.down()
    (log,) = project.state.rglob("ticks.log")
    assert '"line":"a line"' in log.read_text().splitlines()[-1]
