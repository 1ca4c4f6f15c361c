"""Commands as people write them: where their program is looked for, and what Python among them keeps back."""

from __future__ import annotations

import json
import sys

import pytest
from tests.process.project import Project

SAYS = f"""
    #!{sys.executable}
    import os, sys
    print(os.path.basename(sys.argv[0]), os.getcwd(), os.environ.get("PYTHONUNBUFFERED"), flush=True)
"""


@pytest.fixture
def tools(project: Project) -> Project:
    """A project with a program beside its manifest and one of the same name below it."""
    (project.directory / "sub").mkdir()
    for name in ("tool", "sub/tool", "sub/deeper/tool"):
        project.file(name, SAYS.lstrip("\n").replace("os.path.basename(sys.argv[0])", repr(name))).chmod(0o755)
    return project


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("../tool", "tool"),
        ("./tool", "sub/tool"),
        ("deeper/tool", "sub/deeper/tool"),
        ("deeper/../../tool", "tool"),
    ],
)
def test_a_program_with_a_slash_is_found_from_cwd(tools: Project, written: str, found: str) -> None:
    tools.manifest(f'[daemons.x]\ncwd = "sub"\ncommand = "{written}"\nrestart = "never"')
    told = f"{found} {tools.directory.resolve()}/sub 1\n"

    assert tools.run("run", "x").stdout == told
    assert tools.run("check").stdout == "udaemon.toml: good, 1 daemon\n"
    tools.run("up", "-d")
    tools.until("x", lambda one: one["state"] == "exited")
    assert tools.log("x").endswith(told)


def test_what_python_prints_is_there_at_once(project: Project) -> None:
    project.file("talks.py", "import time\nprint('here I am')\ntime.sleep(1000)\n")
    project.manifest(f'[daemons.talks]\ncommand = "{sys.executable} talks.py"\nlog.timestamps = false')
    project.up()
    with project.process("logs", "-f", "talks") as logs:
        assert logs.stdout is not None
        assert logs.stdout.readline().endswith("here I am\n")


@pytest.mark.parametrize(
    ("manifest", "inherited", "value"),
    [
        ("", {}, "1"),
        ('env = { PYTHONUNBUFFERED = "" }', {}, ""),
        ('env = { PYTHONUNBUFFERED = "x" }', {"PYTHONUNBUFFERED": "y"}, "x"),
        ('env-file = "vars"', {}, "from a file"),
        ("", {"PYTHONUNBUFFERED": "y"}, "y"),
        ("", {"PYTHONUNBUFFERED": ""}, ""),
    ],
)
def test_what_is_said_of_python_s_buffer_stands(
    project: Project, manifest: str, inherited: dict[str, str], value: str
) -> None:
    project.file("vars", "PYTHONUNBUFFERED='from a file'\n")
    project.manifest(f"[daemons.x]\ncommand = ['sh', '-c', 'echo \"($PYTHONUNBUFFERED)\"']\n{manifest}")
    project.environ |= inherited
    assert project.run("run", "x").stdout == f"({value})\n"


def test_the_names_of_what_is_added_are_told_and_no_value(project: Project) -> None:
    project.manifest('[daemons.x]\ncommand = "sleep 1000"\n[daemons.y]\nfactory = "y:create"\nautostart = false\n')
    project.file("y.py", "def create(): return print\n")
    project.up()
    (told,) = json.loads(project.run("inspect", "x").stdout)["daemons"]
    assert told["env"] == ["PYTHONUNBUFFERED"]
    (told,) = json.loads(project.run("inspect", "y").stdout)["daemons"]
    assert told["env"] == []
    (line,) = [line for line in project.run("config", "--origin").stdout.splitlines() if "PYTHONUNBUFFERED" in line]
    assert line.split() == ["daemons.x.env.PYTHONUNBUFFERED", "=", '"********"', "#", "built-in"]
    assert "PYTHONUNBUFFERED" not in project.run("config").stdout
