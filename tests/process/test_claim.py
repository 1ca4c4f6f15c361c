"""One project, one supervisor: whatever the environment says, and whoever cleans up."""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import socket
import subprocess
import time
from contextlib import ExitStack
from uuid import uuid4

import pytest
from tests.process.project import PATIENCE, UDAEMON, Project, read_line

from udaemon.control import claim, rundir

SLEEPS = """
    [daemons.one]
    command = "sleep 1000"
    [daemons.task]
    factory = "jobs:create"
    sleep = 1
"""
JOBS = "def create(): return lambda: print('ran', flush=True)\n"


@pytest.fixture
def shop(project: Project) -> Project:
    project.file("jobs.py", JOBS)
    project.manifest(SLEEPS)
    return project


def elsewhere(project: Project, name: str, *argv: str) -> subprocess.CompletedProcess[str]:
    """A verb of the same user in another session: its XDG_RUNTIME_DIR is another."""
    return subprocess.run(
        [*UDAEMON, *argv],
        cwd=project.directory,
        env=project.environ | {"XDG_RUNTIME_DIR": other(project, name)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        stdin=subprocess.DEVNULL,
        check=False,
    )


def other(project: Project, name: str) -> str:
    place = project.directory / name
    place.mkdir(mode=0o700, exist_ok=True)
    return str(place)


def asks(listener: socket.socket) -> bool:
    """Hang up on the next that connects. Returns whether it asked for anything, or only looked who is there."""
    assert select.select([listener], [], [], PATIENCE)[0]
    connection, _ = listener.accept()
    with connection:
        connection.settimeout(PATIENCE)
        return connection.recv(1) != b""


@pytest.mark.parametrize("verb", [("up", "-d"), ("up",)])
def test_f54_one_elsewhere_that_ends_before_it_answers_is_no_hindrance(shop: Project, verb: tuple[str, ...]) -> None:
    manifest = str(shop.directory / "udaemon.toml")
    held = claim.take(rundir.directory_name(shop.directory.name, manifest), os.geteuid())
    assert held is not None
    with shop.process(*verb) as up:
        while not asks(held):
            pass
        held.close()
        while shop.run("ps", code=None).returncode == 3:
            assert up.poll() in (None, 0)
        assert shop.until("one", lambda one: one["state"] == "running")["restarts"] == 0


def test_f54_another_runtime_directory_finds_the_supervisor_and_starts_no_second(shop: Project) -> None:
    shop.up()
    told = shop.ps()

    again = elsewhere(shop, "su", "up", "-d")
    seen = json.loads(elsewhere(shop, "su", "ps", "--json").stdout)

    assert again.returncode == 0
    assert f"already running, pid {told['supervisor']['pid']}" in again.stderr
    assert seen["supervisor"]["pid"] == told["supervisor"]["pid"]
    assert [one["pid"] for one in seen["instances"]] == [one["pid"] for one in told["instances"]]
    assert elsewhere(shop, "su", "up").returncode == 1
    assert str(shop.directory) not in elsewhere(shop, "su", "ls").stdout
    assert str(shop.directory) in elsewhere(shop, "su", "ls", "--all").stdout
    assert elsewhere(shop, "su", "down").returncode == 0
    assert not list((shop.directory / "su").rglob("*.sock"))


def test_f54_of_eight_up_with_eight_runtime_directories_one_supervisor_comes(shop: Project) -> None:
    with ExitStack() as stack:
        ups = [
            stack.enter_context(
                subprocess.Popen(
                    [*UDAEMON, "up", "-d"],
                    cwd=shop.directory,
                    env=shop.environ | {"XDG_RUNTIME_DIR": other(shop, f"session{number}")},
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.PIPE,
                    text=True,
                )
            )
            for number in range(8)
        ]
        said = [up.communicate(timeout=PATIENCE)[1] for up in ups]
    assert [up.returncode for up in ups] == [0] * 8, said
    pids = {json.loads(elsewhere(shop, f"session{n}", "ps", "--json").stdout)["supervisor"]["pid"] for n in range(8)}
    assert len(pids) == 1
    assert elsewhere(shop, "session0", "down").returncode == 0


@pytest.mark.parametrize("name", ["one", "task"])
def test_run_beside_a_supervisor_is_refused_though_its_directory_was_cleaned_away(shop: Project, name: str) -> None:
    shop.up()
    (directory,) = shop.run_directories()
    shutil.rmtree(directory / "locks", ignore_errors=True)
    pid = shop.instance(name)["pid"]

    here = shop.run("run", name, code=1)
    there = elsewhere(shop, "su", "run", name)

    for said in (here.stderr, there.stderr):
        assert f"{name}/0 runs already: pid {pid}" in said
    assert there.returncode == 1


def test_two_runs_of_one_instance_in_two_sessions_are_not_two_copies(shop: Project) -> None:
    shop.file(
        "jobs.py", "import time\ndef create():\n    print('built', flush=True)\n    return lambda: time.sleep(1000)\n"
    )
    with shop.process("run", "task") as running:
        assert running.stdout is not None
        assert "built" in running.stdout.readline()
        second = elsewhere(shop, "su", "run", "task")
        assert (second.returncode, "runs already" in second.stderr) == (1, True)
        running.send_signal(signal.SIGKILL)
        running.wait(PATIENCE)


def test_a_project_whose_supervisor_has_gone_is_claimed_anew(shop: Project) -> None:
    shop.up()
    shop.down()
    assert elsewhere(shop, "su", "up", "-d").returncode == 0
    assert elsewhere(shop, "su", "down").returncode == 0


def test_a_name_that_another_user_has_is_told_and_not_believed(shop: Project) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root may become somebody else")
    shop.up()
    (directory,) = shop.run_directories()
    shop.down()
    squatter = socket.socket(socket.AF_UNIX)
    os.seteuid(65534)
    try:
        squatter.bind(f"\0udaemon/0/{directory.name}")
        squatter.listen()
    finally:
        os.seteuid(0)
    with squatter:
        with pytest.raises(claim.Squatted):
            claim.connect(directory.name, 0)
        said = shop.run("up", "-d")
        assert "held by a process of uid 65534" in said.stderr
        assert shop.instance("one")["state"] == "running"
        shop.down()


@pytest.mark.parametrize("name", ["one", "task"])
def test_a_supervisor_starts_no_second_copy_beside_a_run_of_another_session(shop: Project, name: str) -> None:
    shop.manifest(SLEEPS.replace('"sleep 1000"', '["sh", "-c", "echo runs; exec sleep 1000"]'))
    with subprocess.Popen(
        [*UDAEMON, "run", name],
        cwd=shop.directory,
        env=shop.environ | {"XDG_RUNTIME_DIR": other(shop, "su")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    ) as run:
        assert run.stdout is not None
        assert read_line(run.stdout.fileno(), time.monotonic() + PATIENCE)
        shop.run("up", "-d", code=None)
        waits = shop.until(name, lambda one: one["state"] == "backoff")
        assert waits["runs"]["last"]["error"] == f"another copy runs, by udaemon run: pid {run.pid}"
        run.terminate()
        run.communicate(timeout=PATIENCE)
    shop.until(name, lambda one: one["state"] == "running")


def test_a_project_s_name_is_enough_to_find_it_from_another_session(shop: Project) -> None:
    name = f"shop-{os.getpid()}-{uuid4().hex[:8]}"
    shop.manifest(f'project = "{name}"' + SLEEPS)
    shop.up()
    place = other(shop, "cron")
    found = subprocess.run(
        [*UDAEMON, "-p", name, "ps", "--json"],
        cwd="/",
        env=shop.environ | {"XDG_RUNTIME_DIR": place},
        capture_output=True,
        timeout=PATIENCE,
        check=True,
    )
    assert json.loads(found.stdout)["supervisor"]["pid"] == shop.ps()["supervisor"]["pid"]


def test_f54_a_variable_in_the_project_s_name_starts_no_second_copy(shop: Project) -> None:
    shop.manifest('project = "shop-${WHO}"' + SLEEPS)
    shop.environ["WHO"] = "root"
    shop.up()
    pids = [one["pid"] for one in shop.instances()]
    shop.environ["WHO"] = "cron"

    refused = shop.run("up", "-d", code=1)

    assert "runs already, as shop-root, and its project would be shop-cron now" in refused.stderr
    assert "-p shop-cron up" in refused.stderr
    assert [directory.name[:-9] for directory in shop.run_directories()] == ["shop-root"]
    assert [one["pid"] for one in shop.instances()] == pids
    shop.run("-p", "shop-cron", "up", "-d")
    assert {directory.name[:-9] for directory in shop.run_directories()} == {"shop-root", "shop-cron"}
    shop.run("-p", "shop-cron", "down")
