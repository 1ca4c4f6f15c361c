"""`udaemon diff` as an operator meets it."""

from __future__ import annotations

import json
import subprocess

import pytest
from tests.process.project import UDAEMON, Project
from tests.process.test_apply import TEXT

EDITED = """
    project = "shop"

    [daemons.web]
    command = "sleep 100"
    env = { PORT = "2" }
    autostart = false

    [daemons.db]
    command = "sleep 101"
    stop.timeout = "3s"

    [daemons.new]
    command = "sleep 102"
"""
SHOWN = """\
+ new starts
- old stops
~ web restarts
    autostart  true → false  (next start)
    env.PORT   (hidden) is another
~ db changes while it runs
    stop.timeout  "10s" → "3s"  (live)
  old and new say the same: was it renamed?
1 added, 1 removed, 2 changed, 0 unchanged
"""


@pytest.fixture
def running(project: Project) -> Project:
    project.manifest(TEXT)
    project.up()
    return project


def test_diff_shows_what_an_edit_would_change_and_changes_nothing(running: Project) -> None:
    pids = [one["pid"] for one in running.instances()]
    assert running.run("diff").stdout == "nothing differs\n"
    assert running.run("diff", "--exit-code").returncode == 0
    running.manifest(EDITED)
    assert running.run("diff").stdout == SHOWN
    running.run("diff", "--exit-code", code=1)
    assert [one["pid"] for one in running.instances()] == pids


def test_diff_as_json(running: Project) -> None:
    running.manifest(EDITED)
    told = json.loads(running.run("diff", "--json").stdout)
    assert (told["added"], told["removed"], told["unchanged"]) == (["new"], ["old"], 0)
    assert told["renamed"] == [{"before": "old", "after": "new"}]
    assert told["changed"][1] == {
        "name": "db",
        "applies": "live",
        "changes": [{"key": "stop.timeout", "before": "10s", "after": "3s", "applies": "live"}],
    }


@pytest.mark.parametrize(
    ("text", "word"),
    [("[daemons.web", "error[syntax]"), ("", "error[no-daemons]"), ("[daemons.web]\nslep = 1", "error[unknown-key]")],
)
def test_f49_a_broken_manifest_is_told_with_its_place_and_nothing_happens(
    running: Project, text: str, word: str
) -> None:
    running.file("udaemon.toml", text)
    done = running.run("diff", code=2)
    assert word in done.stderr
    assert "udaemon.toml" in done.stderr
    assert all(one["state"] == "running" for one in running.instances())


def test_f49_a_manifest_that_is_gone_is_told(running: Project) -> None:
    path = running.directory / "udaemon.toml"
    path.rename(running.directory / "away")
    done = running.run("-p", "shop", "diff", code=2)
    assert "error[unreadable]" in done.stderr
    (running.directory / "away").rename(path)


def test_diff_reads_the_layers_and_options_that_up_was_given(project: Project) -> None:
    project.file("a.toml", "[daemons.a]\ncommand = 'sleep 100'\nprofiles = ['dev']\n")
    project.file("b.toml", "[daemons.a]\ninstances = 2\n[daemons.b]\ncommand = 'sleep 100'\n")
    project.run("-f", "a.toml", "-f", "b.toml", "--profile", "dev", "up", "-d", "--wait")
    assert project.run("-f", "a.toml", "diff").stdout == "nothing differs\n"
    project.file("b.toml", "[daemons.a]\ninstances = 3\n[daemons.b]\ncommand = 'sleep 100'\n")
    assert "instances  2 → 3  (live)" in project.run("-f", "a.toml", "diff").stdout
    project.run("-f", "a.toml", "down")


def test_a_manifest_from_standard_input_cannot_be_compared(project: Project) -> None:
    argv = [*UDAEMON, "-f", "-", "-p", "piped", "up", "-d", "--wait"]
    given = "[daemons.a]\ncommand = 'sleep 100'\n"
    subprocess.run(
        argv, cwd=project.directory, env=project.environ, input=given, text=True, check=True, timeout=30,
        capture_output=True,
    )  # fmt: skip
    done = project.run("-p", "piped", "diff", code=2)
    assert "standard input" in done.stderr
    project.run("-p", "piped", "down")


def test_diff_says_of_what_is_added_whether_it_starts(running: Project) -> None:
    added = ("off", "enabled = false"), ("later", "autostart = false"), ("now", ""), ("next", 'cron = "@yearly"')
    running.manifest(TEXT + "".join(f'[daemons.{name}]\ncommand = "sleep 100"\n{key}\n' for name, key in added))
    rests = "+ off does not start by itself\n+ later does not start by itself\n"
    assert running.run("diff").stdout.startswith(f"{rests}+ now starts\n+ next starts\n")
    assert json.loads(running.run("diff", "--json").stdout)["resting"] == ["off", "later"]
    running.run("apply")
    states = {one["name"]: one["state"] for one in running.instances()}
    assert [states[name] for name, _ in added] == ["disabled", "stopped", "running", "waiting"]
