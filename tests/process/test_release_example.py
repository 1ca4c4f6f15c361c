"""The example of steps, a stop command and hooks, as its manifest has it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from tests.process.project import Project

EXAMPLE = Path(__file__).parents[2] / "examples/release"


def test_it_is_migrated_told_asked_to_end_and_cleaned_up_after(project: Project) -> None:
    shutil.copytree(EXAMPLE, project.directory, dirs_exist_ok=True)
    project.run("check")
    project.up()
    assert (project.directory / "run/server.pid").read_text().strip() == str(project.instance("server")["pid"])
    project.run("restart", "server")
    assert not project.run("stop", "server").stdout
    assert not (project.directory / "run/server.pid").exists()
    spoken = [line.split(" ", 1)[1] for line in project.log("server").splitlines()]
    assert spoken == [
        *("migrated to 2", "serves version 2", "asks server to end", "closes its books"),
        *("is up to date", "serves version 2", "asks server to end", "closes its books"),
    ]
    project.down()
    told = (project.directory / "run/told.txt").read_text()
    assert re.fullmatch(r"(server/0 start: pid \d+\n){2}", told)
