"""`examples/ready`: two daemons that say themselves when they are ready."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.process.project import Project

EXAMPLE = Path(__file__).parents[2] / "examples" / "ready"


def test_it_comes_back_when_both_are_ready_and_shows_the_one_that_is_not_well(project: Project) -> None:
    for file in EXAMPLE.iterdir():
        if file.is_file():
            shutil.copy(file, project.directory)
    project.run("up", "--wait")
    assert {one["name"]: (one["state"], one["health"]) for one in project.instances()}["server"] == ("running", "ok")
    assert "listening on :8080" in project.log("server")
    assert project.instance("cache")["runs"]["count"] >= 3
    project.until("cache", lambda seen: seen["health"] == "ok")
    project.file("cold", "")
    seen = project.until("cache", lambda seen: seen["health"] == "failing")
    assert seen["runs"]["last"]["error"] is None
    assert "somebody left the door open" in project.run("inspect", "cache").stdout
