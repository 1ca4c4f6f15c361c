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


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("srve", "is in no directory of PATH (did you mean serve?)"),
        ("sub/", "is a directory (name a program in it)"),
        ("./lines", 'has no #! line (begin it with one, such as #!/bin/sh, or write "sh ./lines")'),
        ("./plain.py", 'is not executable (chmod +x ./plain.py, or write "python3 ./plain.py")'),
        ("./windows", "has a #! line that ends with a carriage return"),
    ],
)
def test_f14_check_up_and_run_say_what_is_wrong_with_a_program(project: Project, command: str, told: str) -> None:
    for name, text in {"bin/serve": "#!/bin/sh\n", "lines": "echo\n", "windows": "#!/bin/sh\r\n"}.items():
        project.file(name, "").write_bytes(text.encode())
        (project.directory / name).chmod(0o755)
    project.file("plain.py", "")
    (project.directory / "sub").mkdir()
    project.manifest(f"[daemons.x]\nenv.PATH = 'bin'\ncommand = '{command}'")

    words = told.partition(" (")[0]
    assert f'"{command}" {words}' in project.run("check", code=1).stdout
    assert f"it {told}" in project.run("run", "x", code=1).stderr
    project.run("up", "-d", code=None)
    (instance,) = json.loads(project.run("inspect", "x").stdout)["instances"]
    assert (instance["state"], instance["restarts"]) == ("failed", 0)
    assert f"it {told}" in instance["message"]


@pytest.mark.parametrize("command", ["cd sub && serve", "PORT=1 serve", "$HOME/serve"])
def test_up_and_run_refuse_what_only_a_shell_could_start(project: Project, command: str) -> None:
    project.manifest(f"[daemons.x]\ncommand = '{command}'")
    for verb in (["check"], ["up", "-d"], ["run", "x"]):
        done = project.run(*verb, code=1 if verb == ["check"] else 2)
        assert "udaemon.toml:2:11: error[" in done.stdout + done.stderr
    assert project.run_directories() == []


def test_up_and_run_warn_of_what_only_a_shell_would_read(project: Project) -> None:
    project.manifest("[daemons.x]\ncommand = 'echo hi > out.txt'\nrestart = 'never'")
    warning = "udaemon.toml:2:11: warning[shell-syntax]: daemons.x.command: the program is given > as it stands"
    done = project.run("run", "x")
    assert done.stdout == "hi > out.txt\n"
    assert done.stderr.startswith(warning)
    assert project.run("up", "-d").stderr.startswith(warning)
    assert "shell-syntax" not in project.run("-q", "run", "x").stderr


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
