"""`udaemon scale` with real processes: who is started, who goes on, and what a killed supervisor leaves of it."""

from __future__ import annotations

import json

from tests.process.project import Project, gone
from tests.process.test_keeper import kill, supervisor

WEB = """
    [daemons.web]
    command = "sleep 1000"
    instances = 2
    [daemons.other]
    command = "sleep 1001"
"""


def pids(project: Project, name: str = "web") -> list[int]:
    return [one["pid"] for one in project.instances() if one["name"] == name]


def drift(project: Project) -> set[str]:
    return {one["name"] for one in project.instances() if one["drift"]}


def test_up_and_down_and_up_again_leaves_those_in_between_alone(project: Project) -> None:
    project.manifest(WEB)
    project.up()
    before = pids(project)
    project.run("scale", "web=4")
    four = pids(project)
    assert (four[:2], len(set(four)), drift(project)) == (before, 4, {"web"})
    project.run("scale", "web=1")
    assert pids(project) == before[:1]
    assert gone(four[1:])
    project.run("scale", "web=0")
    assert (pids(project), gone(four)) == ([], True)
    assert "there is no instance of web" in project.run("start", "web", code=1).stderr
    project.run("scale", "web=2")
    assert len(pids(project)) == 2
    assert drift(project) == set()


def test_an_apply_goes_back_to_what_the_manifest_says(project: Project) -> None:
    project.manifest(WEB)
    project.up()
    project.run("scale", "web=3", "other=2")
    assert "instances  3 → 2" in project.run("diff").stdout
    project.run("apply")
    assert (len(pids(project)), len(pids(project, "other")), drift(project)) == (2, 1, set())
    project.run("scale", "web=0")
    project.run("up", "-d")
    assert len(pids(project)) == 2


def test_f1_the_successor_of_a_killed_supervisor_goes_by_it(project: Project) -> None:
    project.manifest(WEB)
    project.up()
    project.run("scale", "web=3", "other=0")
    before = pids(project)
    kill(supervisor(project))
    assert (pids(project), pids(project, "other"), drift(project)) == (before, [], {"web"})
    project.run("scale", "other=1", "web=2")
    assert (pids(project), len(pids(project, "other")), drift(project)) == (before[:2], 1, set())


def test_what_needs_one_that_is_scaled_to_nothing_waits_for_it(project: Project) -> None:
    project.manifest(WEB + "    depends-on = ['web']\n")
    project.run("up", "-d", "web")
    project.run("scale", "web=0")
    said = project.run("start", "other", code=1).stderr
    assert "there is no web" in said
    project.run("scale", "web=1")
    assert project.until("other", lambda seen: seen["state"] == "running")["pid"]


def test_one_that_is_scaled_to_nothing_is_told_of_by_its_name(project: Project) -> None:
    project.manifest(WEB)
    project.up()
    project.run("scale", "web=0")

    assert project.run("ps", "w*").stderr == "web is scaled to 0, the manifest says 2\n"
    assert project.run("ps", "other").stderr == ""
    assert json.loads(project.run("ps", "other", "--json").stdout).get("scaled") == {}
    card = project.run("status", "web").stdout
    assert card.startswith("web  scaled to 0\nnext      udaemon scale web=1 adds an instance\n")
    inspected = json.loads(project.run("inspect", "web").stdout)
    assert ([daemon["name"] for daemon in inspected["daemons"]], inspected["instances"]) == (["web"], [])


def test_those_that_are_scaled_to_nothing_are_told_of_in_the_manifests_order(project: Project) -> None:
    names = ["f", "b", "e", "a", "d", "c"]
    project.manifest("".join(f'[daemons.{name}]\ncommand = "sleep 1000"\n' for name in names))
    project.up()
    project.run("scale", *(f"{name}=0" for name in sorted(names)))

    assert [line.split()[0] for line in project.run("ps").stderr.splitlines()] == names
    cards = project.run("status", "*").stdout.splitlines()
    assert [line.split()[0] for line in cards if line.endswith("scaled to 0")] == names


def test_a_wait_for_one_that_failed_says_how_it_ended(project: Project) -> None:
    project.manifest("""
        [daemons.web]
        command = "sh -c 'exit 3'"
        restart = "never"
    """)
    project.up()

    assert project.run("wait", "web", code=1).stderr == "web/0 failed: exit code 3\n"
