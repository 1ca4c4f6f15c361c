"""`python`: daemons in an interpreter of their own, which has no udaemon, and what it has besides."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.process.conftest import Bell
from tests.process.project import PATIENCE, Project

MODULE = """
    import json, os, sys
    import only_there
    def tell():
        import importlib.util
        import udaemon
        with open({bell!r}, "w") as bell:
            bell.write(json.dumps({{
                "version": sys.version_info[:2], "prefix": sys.prefix, "value": only_there.VALUE, "pid": os.getpid(),
                "leaked": [name for name in ("attr", "cattrs", "click") if importlib.util.find_spec(name)],
                "path": sys.path, "ours": udaemon.__file__, "stop": udaemon.StopTask.__name__,
            }}) + "\\n")
"""
MANIFEST = """
    [daemons.there]
    task = "jobs:tell"
    {pace}
    python = "{python}"
    start-method = "{start}"
    [daemons.here]
    command = ["sleep", "1000"]
"""


def others() -> list[str]:
    """Interpreters of other versions that are on this machine, each that can make a virtual environment."""
    names = [f"python3.{minor}" for minor in range(11, 16) if minor != sys.version_info.minor]
    kept = sorted(Path("~/.pyenv/versions").expanduser().glob("3.*/bin/python3"))
    found = [path for name in names if (path := shutil.which(name)) is not None and "shims" not in path]
    newer = [
        str(path) for path in kept if (3, 11) <= tuple(map(int, path.parts[-3].split(".")[:2])) != sys.version_info[:2]
    ]
    return [*newer, *found]


OTHERS = others()


@pytest.fixture
def venv(project: Project, request: pytest.FixtureRequest) -> Path:
    """A virtual environment with a module that ours has not, made by an interpreter of another version if there is."""
    python = getattr(request, "param", sys.executable)
    if python is None:
        pytest.skip("this machine has no Python of another version, 3.11 or later")
    directory = project.directory / ".venv"
    subprocess.run([python, "-m", "venv", "--without-pip", directory], check=True, timeout=PATIENCE)
    (packages,) = directory.glob("lib/python3.*/site-packages")
    (packages / "only_there.py").write_text("VALUE = 42\n")
    return directory


def declared(
    project: Project, bell: Bell, *, python: str = ".venv", start: str = "zygote", pace: str = 'sleep = "1h"'
) -> None:
    project.file("jobs.py", MODULE.format(bell=str(bell.path)))
    project.manifest(MANIFEST.format(python=python, start=start, pace=pace))


def told(bell: Bell) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(bell.lines(1, timeout=PATIENCE)[0])
    return found


@pytest.mark.parametrize("start", ["zygote", "spawn"])
@pytest.mark.parametrize("venv", OTHERS or [None], indirect=True)
def test_a_daemon_runs_in_another_version_with_what_is_there_and_nothing_of_ours(
    project: Project, venv: Path, bell: Callable[[str], Bell], start: str
) -> None:
    rung = bell("bell")
    declared(project, rung, start=start)
    project.run("check")
    project.up()
    seen = told(rung)
    assert seen["prefix"] == str(venv)
    assert tuple(seen["version"]) != sys.version_info[:2]
    assert (seen["value"], seen["leaked"], seen["stop"]) == (42, [], "StopTask")
    assert not [entry for entry in seen["path"] if entry.startswith(sys.prefix) or "udaemon" in Path(entry).parts]
    one = project.until("there", lambda one: one["runs"]["count"] == 1)
    assert one["pid"] == seen["pid"]
    assert one["runs"]["last"]["outcome"] == "ok"
    assert one["memory"]["rss"] > 0
    project.run("restart", "there")
    assert told(rung)["pid"] != seen["pid"]
    project.down()


@pytest.mark.parametrize("python", [".venv", ".venv/bin/python", "{directory}/.venv"])
def test_it_is_named_by_its_directory_or_its_interpreter(
    project: Project, venv: Path, bell: Callable[[str], Bell], python: str
) -> None:
    rung = bell("bell")
    declared(
        project,
        rung,
        python=python.format(directory=project.directory),
        pace='cron = "0 4 * * *"\n    run-on-start = true',
    )
    project.up()
    seen = told(rung)  # by the calendar: what that needs is found too
    assert (seen["prefix"], seen["value"]) == (str(venv), 42)
    project.down()


def test_a_program_on_path_will_do(project: Project, venv: Path, bell: Callable[[str], Bell]) -> None:
    rung = bell("bell")
    (project.directory / "bin").mkdir()
    (project.directory / "bin/ourpython").write_text(f'#!/bin/sh\nexec {venv}/bin/python "$@"\n')
    (project.directory / "bin/ourpython").chmod(0o755)
    project.environ["PATH"] = f"{project.directory / 'bin'}{os.pathsep}{project.environ['PATH']}"
    declared(project, rung, python="ourpython")
    project.up()
    assert told(rung)["value"] == 42
    project.down()


def test_one_that_is_too_old_is_an_error_at_the_key_and_nothing_starts(
    project: Project, bell: Callable[[str], Bell]
) -> None:
    old = project.file("old", "#!/bin/sh\necho udaemon 3 9\n")
    old.chmod(0o755)
    declared(project, bell("bell"), python="./old")
    for verb in (("check",), ("up", "-d")):
        done = project.run(*verb, code=None)
        assert done.returncode in {1, 2}
        assert "error[no-python]: daemons.there.python: old is Python 3.9" in done.stdout + done.stderr
        assert "udaemon needs 3.11 or later" in done.stdout + done.stderr
    assert project.run_directories() == []


def test_a_reload_with_one_that_is_not_there_changes_nothing(
    project: Project, venv: Path, bell: Callable[[str], Bell]
) -> None:
    rung = bell("bell")
    declared(project, rung)
    project.up()
    seen = told(rung)
    declared(project, rung, python="gone/bin/python")
    done = project.run("apply", code=2)
    assert "no-python" in done.stderr
    assert project.instance("there")["pid"] == seen["pid"]
    project.down()


def test_another_python_takes_a_new_process(project: Project, venv: Path, bell: Callable[[str], Bell]) -> None:
    rung = bell("bell")
    declared(project, rung)
    project.up()
    before = told(rung)
    shutil.copytree(venv, project.directory / "other", symlinks=True)
    declared(project, rung, python="other")
    project.run("apply")
    after = told(rung)
    assert after["pid"] != before["pid"]
    assert after["prefix"] == str(project.directory / "other")
    project.down()
