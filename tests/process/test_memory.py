"""A daemon that grows is replaced between two runs, whatever `restart` says, and everybody is told why."""

from __future__ import annotations

import pytest
from tests.process.project import Project

GROWS = """
    class Grows:
        held = []

        def do_task(self) -> None:
            self.held.append(bytearray(b"x" * 40_000_000))
            print("run with", len(self.held), flush=True)

    def create():
        return Grows()

    class GrowsToo(Grows):
        async def do_task(self) -> None:
            super().do_task()

    def create_async():
        return GrowsToo()
"""


@pytest.mark.parametrize("factory", ["create", "create_async"])
@pytest.mark.parametrize("restart", ["never", "always"])
def test_a_daemon_that_grows_is_replaced_between_runs(project: Project, restart: str, factory: str) -> None:
    project.file("grows.py", GROWS)
    project.manifest(f"""
        [daemons.grows]
        factory = "grows:{factory}"
        sleep = "10ms"
        restart = "{restart}"
        memory-limit = "200M"
        memory-threshold = 60
        start-limit = {{ count = 1 }}
    """)
    project.up()

    seen = project.until("grows", lambda seen: bool(seen["restarts"] >= 3 and seen["state"] == "running"))

    assert seen["exit"]["reason"] == "memory"
    assert (seen["exit"]["code"], seen["exit"]["signal"]) == (0, None)
    assert seen["memory"]["limit"] == 200 * 1024**2
    assert seen["memory"]["threshold"] == 60
    common = (project.state / "udaemon" / project.ps()["project"] / "log" / "_common.log").read_text()
    assert "resident is more than 60 % of the memory-limit of 200.0M" in common
    assert "starts again at once" in common
    runs = [line.split("run with ")[1] for line in project.log("grows").splitlines() if "run with" in line]
    assert runs[:3] == ["1", "2", "3"]
    assert runs.count("1") >= 3
    assert "4" not in runs


def test_a_daemon_that_leaves_for_its_memory_still_keeps_its_period(project: Project) -> None:
    project.file("grows.py", GROWS)
    project.manifest("""
        [daemons.grows]
        factory = "grows:create"
        sleep = "1h"
        memory-limit = "1M"
    """)
    project.up()

    seen = project.until("grows", lambda seen: bool(seen["restarts"] == 1 and seen["state"] == "running"))

    assert seen["activity"] == "sleeping"
    assert seen["runs"]["count"] == 1
    project.run("stop", "grows")
    assert project.instance("grows")["exit"]["reason"] == "stopped"


def test_f46_a_limit_below_what_the_process_needs_is_told_and_does_not_spin(project: Project) -> None:
    project.file("needs.py", "def create():\n    return lambda: None\n")
    project.manifest("""
        [daemons.needs]
        factory = "needs:create"
        memory-limit = "4M"
    """)
    assert "memory-small" in project.run("check").stdout
    project.run("up", "-d")

    seen = project.until("needs", lambda seen: seen["restarts"] >= 2 and seen["state"] == "backoff")

    assert seen["exit"]["reason"] == "memory"
    assert seen["uptime"] is None
    assert "3 times in a row within 1 s of the start" in project.run("ps").stdout
    common = (project.state / "udaemon" / project.ps()["project"] / "log" / "_common.log").read_text()
    assert common.count("starts again") == 3
