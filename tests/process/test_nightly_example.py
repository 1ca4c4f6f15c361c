"""`examples/nightly`: its jobs run, the mail follows the export, and nothing is planned for holidays."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from tests.process.project import Project

HERE = Path(__file__).parents[2] / "examples/nightly"


def test_the_night_goes_as_it_is_declared(project: Project) -> None:
    project.environ["PYTHONPATH"] = str(HERE.parents[1])
    for file in HERE.iterdir():
        if file.is_file():
            shutil.copy(file, project.directory)

    planned = json.loads(project.run("simulate", "--from", "2026-12-23T00:00:00Z", "--for", "12d", "--json").stdout)
    nights = {run["at"][:10] for run in planned["runs"] if run["name"] == "export"}
    assert nights == {f"2026-12-{day}" for day in (23, 28, 29, 30, 31)} | {"2027-01-02"}
    assert {run["at"][:10] for run in planned["runs"] if run["name"] == "mail"} == nights

    project.up()
    assert project.run("kick", "export").returncode == 0
    assert project.run("wait", "mail@run-ok", "--timeout", "30").returncode == 0
    assert project.log("mail").endswith(" mailed run 1 of export\n")
    assert project.instance("alarm")["runs"]["count"] == 0
