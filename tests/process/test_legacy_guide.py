"""The page for those who come from ustream/daemon is a transcript: a newcomer's commands, run as they stand there."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest
from tests.process.php_fleet import ENDING, install
from tests.process.project import Project

PAGE = (Path(__file__).parents[2] / "docs" / "guide" / "legacy.md").read_text()


def commands(after: str) -> list[list[str]]:
    """The first console block after a text, each line as words without `udaemon`."""
    found = re.search(r"^```console\n(.*?)^```", PAGE[PAGE.index(after) :], re.DOTALL | re.MULTILINE)
    assert found
    lines = [line.removeprefix("$ udaemon ") for line in found[1].splitlines()]
    return [shlex.split(line) for line in lines]


@pytest.mark.skipif(shutil.which("php") is None, reason="there is no php here")
def test_twenty_ini_files_run_in_three_commands_and_on_their_own_clock_in_five(project: Project) -> None:
    app = install(project.directory, None, None)
    for file in app.iterdir():
        shutil.move(file, project.directory / file.name)
    ini = project.directory / "ini"
    for name in ENDING:  # a newcomer's daemons do not fail
        (ini / f"{name}.ini").write_text((ini / "tick.ini").read_text())
    (project.directory / "run").mkdir()
    project.environ["RUN_DIR"] = str(project.directory / "run")
    three, five = commands("three commands:"), commands("five commands:")
    assert (len(three), len(five)) == (3, 5)
    for command in three:
        project.run(*command)
    seen = project.instances()
    assert len(seen) == 20
    assert {one["state"] for one in seen} == {"running"}
    for command in five:
        project.run(*command)
    project.until("busy", lambda one: one["runs"]["count"] > 2)
    assert {one["state"] for one in project.instances()} == {"running"}
    project.down()
