"""`udaemon apply` as an operator meets it (faults.md F49: a manifest that cannot be used changes nothing)."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.process.conftest import Bell
from tests.process.project import Project, alive, gone

from udaemon.client import connect

TEXT = """
    project = "shop"

    [daemons.web]
    command = "sleep 100"
    env = { PORT = "1" }

    [daemons.db]
    command = "sleep 101"

    [daemons.old]
    command = "sleep 102"
"""
EDITED = """
    project = "shop"

    [daemons.web]
    command = "sleep 100"
    env = { PORT = "2" }

    [daemons.db]
    command = "sleep 101"
    stop.timeout = "3s"

    [daemons.new]
    command = "sleep 103"
"""
PLAN = """\
+ new starts
- old stops
~ web restarts
    env.PORT  (hidden) is another
~ db changes while it runs
    stop.timeout  "10s" → "3s"  (live)
1 added, 1 removed, 2 changed, 0 unchanged
"""
TASKS = """
    import os

    BELL = os.environ["BELL"]

    def say(word):
        with open(BELL, "w") as bell:
            bell.write(word + "\\n")

    def waits():
        say(f"begun {os.getpid()}")
        with open(os.environ["GATE"]) as gate:
            gate.read()
        say("done")

    def tick():
        say(f"tick {os.getpid()}")
"""


@pytest.fixture
def running(project: Project) -> Project:
    project.manifest(TEXT)
    project.up()
    return project


def pids(project: Project) -> dict[str, int]:
    return {one["name"]: one["pid"] for one in project.instances()}


@pytest.mark.parametrize("verb", ["apply", "reload"])
def test_apply_shows_the_plan_and_does_what_it_says(running: Project, verb: str) -> None:
    before = pids(running)
    running.manifest(EDITED)
    done = running.run(verb)
    assert done.stdout == PLAN
    after = pids(running)
    assert set(after) == {"web", "db", "new"}
    assert after["db"] == before["db"]
    assert after["web"] != before["web"]
    assert gone([before["web"], before["old"]])
    assert b"PORT=2" in Path(f"/proc/{after['web']}/environ").read_bytes()
    assert "new/0 started" in done.stderr
    assert "old/0 stopped" in done.stderr
    assert "web/0 restarted" in done.stderr
    assert running.run("diff").stdout == "nothing differs\n"
    assert running.run(verb).stdout == "nothing differs\n"


def test_a_quiet_apply_shows_no_plan(running: Project) -> None:
    running.manifest(EDITED)
    assert running.run("apply", "--dry-run", "-q").stdout == PLAN
    done = running.run("apply", "-q")
    assert (done.stdout, done.stderr) == ("", "")
    assert [one["name"] for one in running.instances()] == ["web", "db", "new"]
    done = running.run("down", "-q")
    assert (done.stdout, done.stderr) == ("", "")


def test_a_dry_run_shows_the_plan_and_does_nothing(running: Project) -> None:
    before = pids(running)
    running.manifest(EDITED)
    assert running.run("apply", "--dry-run").stdout == PLAN
    assert pids(running) == before


def test_up_d_on_a_running_project_applies_too(running: Project) -> None:
    before = pids(running)
    running.manifest(EDITED)
    done = running.run("up", "-d")
    assert done.stdout == PLAN
    after = pids(running)
    assert (set(after), after["db"]) == ({"web", "db", "new"}, before["db"])
    assert running.run("up", "-d").stdout == ""


def test_hangup_of_the_supervisor_is_apply(running: Project) -> None:
    before = pids(running)
    running.manifest(EDITED)
    with running.process("events", "-f") as events:
        assert events.stdout is not None
        os.kill(running.ps()["supervisor"]["pid"], signal.SIGHUP)
        wanted = {"removed: is declared no more", "applied: 1 added, 1 removed, 2 changed"}
        while wanted:
            line = events.stdout.readline()
            assert line
            wanted = {each for each in wanted if each not in line}
    assert running.until("web", lambda web: web["pid"] not in (None, before["web"]))["state"] == "running"
    assert running.instance("db")["pid"] == before["db"]
    running.file("udaemon.toml", "[daemons")
    with running.process("events", "-f") as events:
        assert events.stdout is not None
        os.kill(running.ps()["supervisor"]["pid"], signal.SIGHUP)
        while "refused" not in (line := events.stdout.readline()):
            assert line
    assert "nothing has changed" in line
    assert "udaemon.toml:1:" in line
    running.manifest(EDITED)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("[daemons.web", "udaemon.toml:1:"),
        ("", "error[no-daemons]"),
        (TEXT[: TEXT.index("old")], "error[syntax]"),
        ("[daemons.web]\nslep = 1", "error[unknown-key]"),
    ],
    ids=["broken", "empty", "half-written", "unknown-key"],
)
@pytest.mark.parametrize("verb", [("apply",), ("up", "-d")], ids=" ".join)
def test_f49_a_manifest_that_cannot_be_used_changes_nothing(
    running: Project, text: str, word: str, verb: tuple[str, ...]
) -> None:
    before = pids(running)
    running.manifest(text)
    changes_nothing(running, before, word, *verb)


@pytest.mark.parametrize(
    ("text", "word"),
    [(None, "error[unreadable]"), (TEXT.replace("shop", "other"), "project cannot change while the project runs")],
    ids=["vanished", "renamed"],
)
def test_f49_a_project_that_is_not_there_any_more_is_left_as_it_was(
    running: Project, text: str | None, word: str
) -> None:
    before = pids(running)
    (running.directory / "udaemon.toml").unlink()
    if text is not None:
        running.manifest(text)
    changes_nothing(running, before, word, "-p", "shop", "apply")


def changes_nothing(running: Project, before: dict[str, int], word: str, *argv: str) -> None:
    done = running.run(*argv, code=2)
    assert word in done.stderr
    assert done.stdout == ""
    running.manifest(TEXT)
    assert pids(running) == before
    assert running.run("diff").stdout == "nothing differs\n"


def test_a_task_restarts_in_the_gap_between_two_runs_and_with_now_at_once(
    project: Project, bell: Callable[[str], Bell]
) -> None:
    rung = bell("runs")
    gate = project.directory / "gate"
    os.mkfifo(gate)
    project.file("tasks.py", TASKS)
    text = f"""
        project = "shop"
        env = {{ BELL = "{rung.path}", GATE = "{gate}", WORD = "WORD0" }}
        [daemons.long]
        task = "tasks:waits"
        stop.timeout = "0.2s"
    """
    project.manifest(text)
    project.run("up", "-d")
    (begun,) = rung.lines(1)
    first = int(begun.split()[1])
    project.manifest(text.replace("WORD0", "WORD1"))
    with project.process("apply") as applying:
        project.until("long", lambda _one: "starts again after its run" in project.run("events").stdout)
        assert alive(first)
        assert project.run("apply", "--wait-timeout", "0.3s").stdout == "nothing differs\n"
        gate.write_text("")
        assert rung.lines(1) == ["done"]
        assert applying.wait(30) == 0
    (begun,) = rung.lines(1)
    second = int(begun.split()[1])
    assert gone([first])
    project.manifest(text.replace("WORD0", "WORD2"))
    assert "restarted" in project.run("apply", "--now").stderr
    assert gone([second])
    (begun,) = rung.lines(1)
    assert int(begun.split()[1]) not in (first, second)


def test_two_applies_at_once_are_carried_out_one_after_the_other(running: Project) -> None:
    before = pids(running)
    running.manifest(EDITED)
    with running.process("apply") as one, running.process("apply") as two:
        said = [process.communicate(timeout=30)[0] for process in (one, two)]
        assert [one.returncode, two.returncode] == [0, 0]
    assert sorted(said) == [PLAN, "nothing differs\n"]
    events = running.run("events").stdout
    assert len(re.findall(r"new/0 started", events)) == 1
    assert pids(running)["db"] == before["db"]


@pytest.mark.timing
def test_fifty_daemons_of_which_few_change(project: Project) -> None:
    """Issue 13, "It must show" 5: one new pid, three gone, two new, 44 untouched, within a second."""

    def text(names: list[str], *, sleep: int, value: str) -> str:
        head = f'project = "shop"\n[defaults]\nsleep = {sleep}\n'
        env = f"[daemons.d07.env]\nVALUE = '{value}'\n"
        return head + "".join(f"[daemons.{name}]\ntask = 'tasks:run'\n" for name in names) + env

    project.file("tasks.py", "def run():\n    pass\n")
    names = [f"d{number:02}" for number in range(50)]
    gone_names, new_names = names[10:13], ["n0", "n1"]
    project.file("udaemon.toml", text(names, sleep=100, value="one"))
    project.up()
    before = pids(project)
    kept = [name for name in names if name not in gone_names]
    project.file("udaemon.toml", text([*kept, *new_names], sleep=200, value="two"))

    expected = [f"+ {name} starts\n" for name in new_names] + [f"- {name} stops\n" for name in gone_names]
    for name in kept:
        if name == "d07":
            expected += ["~ d07 restarts\n", '    sleep      "100s" → "200s"  (live)\n']
            expected += ["    env.VALUE  (hidden) is another\n"]
        else:
            expected += [f"~ {name} changes while it runs\n", '    sleep  "100s" → "200s"  (live)\n']
    expected += ["2 added, 3 removed, 47 changed, 0 unchanged\n"]
    assert project.run("diff").stdout == "".join(expected)

    done, took = timed(project)

    after = pids(project)
    assert done.stdout == "".join(expected)
    assert set(after) == {*kept, *new_names}
    assert {name for name in kept if after[name] != before[name]} == {"d07"}
    assert gone([before[name] for name in (*gone_names, "d07")])
    began = time.monotonic()
    project.run("diff")  # a process that reads as much: other programs may have the machine
    print(f"applied in {took:.2f} s")
    assert took < max(1.0, 3 * (time.monotonic() - began))


def timed(project: Project) -> tuple[subprocess.CompletedProcess[str], float]:
    """An `apply`, and how long it took."""
    began = time.monotonic()
    done = project.run("apply")
    return done, time.monotonic() - began


def test_ps_marks_what_runs_by_another_manifest_than_the_one_on_disk(running: Project) -> None:
    def drifts() -> set[bool]:
        return {one["drift"] for one in running.instances()}

    assert drifts() == {False}
    assert "DRIFT" not in running.run("ps").stdout
    running.manifest(EDITED)
    assert drifts() == {True}
    assert json.loads(running.run("ps", "web", "--json").stdout)["instances"][0]["drift"] is True
    assert "DRIFT" in running.run("ps").stdout
    (run_directory,) = running.run_directories()
    assert {one.drift for one in connect(run_dir=run_directory).instances()} == {True}
    running.run("apply")
    assert drifts() == {False}
    running.file(".env", "X=1")
    assert drifts() == {True}, "it has variables for the manifest now"


def test_config_running_prints_what_is_in_effect_with_secrets_hidden(running: Project) -> None:
    def printed(*options: str) -> dict[str, object]:
        told: dict[str, object] = json.loads(running.run("config", "--format", "json", *options).stdout)
        return told

    before = printed()
    assert printed("--running") == before
    running.manifest(EDITED)
    assert printed("--running") == before != printed()
    running.run("apply")
    assert printed("--running") == printed()
    assert "PORT" in running.run("config", "--running").stdout
    assert '"2"' not in running.run("config", "--running").stdout
    assert "--running" in running.run("config", "--running", "--show-secrets", code=2).stderr
    running.down()
    assert "no supervisor" in running.run("config", "--running", code=3).stderr


def test_a_foreground_up_goes_on_over_an_apply_and_ends_with_all_that_there_is_then(project: Project) -> None:
    project.manifest(TEXT)
    with project.process("up") as foreground:
        assert foreground.stderr is not None
        while "web/0" not in (line := foreground.stderr.readline()):
            assert line
        project.run("wait", "*@ready")
        project.manifest(EDITED)
        project.run("apply")
        left = list(pids(project).values())
        foreground.send_signal(signal.SIGINT)
        said = foreground.communicate(timeout=30)[1]
        assert foreground.returncode == 130
    assert "new/0" in said
    assert gone(left)
    assert project.run_directories() == []
