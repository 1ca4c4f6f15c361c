"""`env-inherit = false`: of the caller's environment a process has only what every program needs."""

from __future__ import annotations

import json

from tests.process.project import Project

TOLD = """
import json, os

def run():
    print(json.dumps(dict(os.environ)), flush=True)

if __name__ == "__main__":
    run()
"""
PROJECT = """
env = { SHARED = "yes" }
[defaults]
env-inherit = false
log.timestamps = false
[daemons.command]
command = ["/usr/bin/env", "python3", "told.py"]
restart = "never"
env = { OWN = "1" }
[daemons.forked]
task = "told:run"
sleep = "1h"
env = { OWN = "1" }
[daemons.spawned]
task = "told:run"
sleep = "1h"
start-method = "spawn"
env = { OWN = "1" }
"""


def test_it_has_its_own_and_the_basic_ones(project: Project) -> None:
    project.environ = dict(project.environ) | {"CALLERS_SECRET": "x", "TZ": "Asia/Tokyo", "LC_TIME": "C"}
    project.file("told.py", TOLD)
    project.manifest(PROJECT)
    project.up()

    for name in ("command", "forked", "spawned"):
        project.until(name, lambda one: one["runs"]["count"] > 0 or one["state"] == "exited")
        told = json.loads(project.log(name).splitlines()[-1])
        assert "CALLERS_SECRET" not in told
        assert {
            "OWN": "1",
            "SHARED": "yes",
            "TZ": "Asia/Tokyo",
            "LC_TIME": "C",
            "UDAEMON_NAME": name,
        }.items() <= told.items()
        assert told["PATH"].endswith(project.environ["PATH"].rpartition(":")[2])
