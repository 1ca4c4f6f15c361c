"""`udaemon.client`: a program asks a running project, and steers it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.process.project import Project

import udaemon
from udaemon import client
from udaemon.client import NotDone, Reason, State, Wanted

MANIFEST = """
    project = "shop"

    [daemons.mailer]
    task = "jobs:send"
    sleep = "20ms"
    instances = 2
    tags = "mail"
    memory-limit = "1G"

    [daemons.db]
    command = "sleep 1000"
    restart = "never"
    autostart = false

    [daemons.broken]
    command = "/no/such/program"
    autostart = false

    [daemons.leaves]
    task = "jobs:leave"
    autostart = false
"""
JOBS = """
    import udaemon
    def send(): print("sent")
    def leave(): raise udaemon.StopTask
"""


@pytest.fixture
def shop(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project that is declared, and is not running yet; this process finds it as its verbs do."""
    project.manifest(MANIFEST)
    project.file("jobs.py", JOBS)
    for name in ("XDG_RUNTIME_DIR", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, project.environ[name])
    monkeypatch.chdir(project.directory)
    return project


@pytest.fixture
def running(shop: Project) -> Iterator[client.Project]:
    """The same, running."""
    shop.up()
    yield client.connect()
    shop.run("down", code=None)


def test_how_the_instances_are_is_told_by_typed_values(running: client.Project) -> None:
    running.wait("mailer", until="run-ok", timeout=20)
    first, second, db, *_ = running.instances()
    supervisor = running.supervisor()

    assert [str(one) for one in (first, second, db)] == ["mailer/0", "mailer/1", "db/0"]
    assert (first.state, first.wanted, first.kind, first.health) == (State.RUNNING, Wanted.UP, "task", "unknown")
    assert (db.state, db.wanted, db.pid, db.exit.reason) == (State.STOPPED, Wanted.DOWN, None, None)
    assert (first.memory.limit, first.memory.threshold, db.memory.limit) == (1024**3, 70.0, None)
    assert first.runs.last.outcome == "ok"
    assert first.started_at is not None
    assert timedelta(0) <= datetime.now(UTC) - first.started_at < timedelta(minutes=2)
    assert (supervisor.project, supervisor.version) == ("shop", udaemon.__version__)
    assert dict(supervisor.daemons) == {"mailer": 2, "db": 1, "broken": 1, "leaves": 1}
    assert [str(one) for one in running.instances("mailer/1", "tag:mail", "d*")] == ["mailer/0", "mailer/1", "db/0"]


def test_what_is_asked_for_is_so_when_the_call_returns(running: client.Project) -> None:
    (started,) = running.start("db", timeout=20)
    (db,) = running.instances("db")
    assert (started.name, started.ok, db.state) == ("db", True, State.RUNNING)
    assert str(started) == f"db/0 started as pid {db.pid}"

    (again,) = running.restart("db", timeout=20)
    (other,) = running.instances("db")
    assert again.ok
    assert other.pid not in {None, db.pid}

    assert running.signal("TERM", "db") == ("db/0",)
    running.wait("db", until="stopped", timeout=20)
    (ended,) = running.instances("db")
    assert (ended.exit.signal, ended.exit.reason) == (15, Reason.KILLED)

    assert [one.ok for one in running.stop("mailer", stop_timeout=5, timeout=20)] == [True, True]
    assert {one.state for one in running.instances("mailer")} == {State.STOPPED}


def test_runs_are_paused_kicked_and_resumed(running: client.Project) -> None:
    running.wait("mailer", until="run-ok", timeout=20)
    assert [str(one) for one in running.pause("mailer/1")] == ["mailer/1 paused: begins no run until it is resumed"]
    (told,) = running.kick("mailer/1")
    assert (told.ok, told.message) == (True, "kicked")
    assert [one.ok for one in running.resume("mailer")] == [True, True]
    with pytest.raises(NotDone, match="db/0 has no runs: it is a command that goes on until it ends") as not_done:
        running.pause("db", "mailer/0")
    assert {one.name: one.ok for one in not_done.value.outcomes} == {"db": False, "mailer": True}
    (first,) = running.instances("mailer/0")
    assert (first.status, first.runs.missed) == (None, 0)


def test_an_edit_is_shown_and_applied_and_a_number_changed(running: client.Project, shop: Project) -> None:
    assert running.diff() == {
        "added": [],
        "resting": [],
        "removed": [],
        "changed": [],
        "renamed": [],
        "manifest": [],
        "unchanged": 4,
    }
    assert running.apply(timeout=20) == ()

    assert [(str(one.name), one.instance) for one in running.scale({"mailer": 1}, timeout=20)] == [("mailer", 1)]
    assert len(running.instances("mailer")) == 1

    shop.manifest(MANIFEST.replace('command = "sleep 1000"', 'command = "sleep 1001"'))
    assert [one["name"] for one in running.diff()["changed"]] == ["mailer", "db"]
    outcomes = running.apply(timeout=20)
    assert {(one.name, one.instance, one.ok) for one in outcomes} >= {("mailer", 1, True)}

    before = [one.pid for one in running.instances("mailer")]
    rolled = running.restart("mailer", rolling=True, timeout=20)
    assert [(one.name, one.instance, one.ok) for one in rolled] == [("mailer", 0, True), ("mailer", 1, True)]
    assert not {one.pid for one in running.instances("mailer")} & set(before)

    shop.manifest("[daemons.mailer]\ntask = 5\n")
    with pytest.raises(udaemon.ManifestError) as error:
        running.apply(timeout=20)
    assert error.value.problems[0].path == "daemons.mailer.task"
    with pytest.raises(ValueError, match="name at least one daemon"):
        running.scale({})


def test_what_does_not_come_about_is_raised(running: client.Project) -> None:
    with pytest.raises(NotDone) as not_done:
        running.start("db", "broken", timeout=20)
    assert {str(one.name): one.ok for one in not_done.value.outcomes} == {"db": True, "broken": False}
    assert str(not_done.value).startswith("broken/0 failed: exec /no/such/program: ")

    with pytest.raises(udaemon.WaitTimedOut, match=r"not within 0.05 s: mailer/0 is running") as late:
        running.wait("mailer", until="stopped", timeout=0.05)
    with pytest.raises(udaemon.NoSuchDaemon, match="no such daemon: maler") as unknown:
        running.restart("maler")
    with pytest.raises(udaemon.UdaemonError, match="is a command: it has no runs"):
        running.wait("db", until="run-ok", timeout=20)
    with pytest.raises(udaemon.UdaemonError, match="no such signal: TEMR"):
        running.signal("TEMR", "db")
    with pytest.raises(ValueError, match="name at least one daemon"):
        running.stop()

    assert unknown.value.hint == "did you mean mailer?"
    assert [int(error.value.exit_code) for error in (not_done, late, unknown)] == [1, 124, 4]


def test_events_are_told_as_they_come_until_the_supervisor_ends(running: client.Project, shop: Project) -> None:
    following = running.events("leaves", follow=True, timeout=20)
    running.start("leaves", timeout=20)
    told = []
    for event in following:
        told.append((event.event, event.instance))
        if event.event == "exited":
            break
    following.close()  # type: ignore[attr-defined]
    assert told == [("started", 0), ("ready", 0), ("exited", 0)]
    assert [event.event for event in running.events("leaves")] == ["started", "ready", "exited"]

    with pytest.raises(udaemon.WaitTimedOut, match=r"nothing has happened for 0.05 s"):
        list(running.events("leaves", follow=True, timeout=0.05))

    everything = running.events(follow=True, timeout=20)
    next(everything)
    shop.down()
    assert [event.name for event in everything][-1] is None


def test_a_project_that_was_started_anew_is_the_same_one(shop: Project) -> None:
    with pytest.raises(udaemon.NotRunning, match=f"no supervisor is running for {shop.directory}/udaemon.toml"):
        client.connect()
    shop.up()
    here = client.connect("udaemon.toml")
    by_name = client.connect(project="shop")
    (run_directory,) = shop.run_directories()
    there = client.connect(run_dir=run_directory)
    first = {one.supervisor().pid for one in (here, by_name, there)}
    here.down(stop_timeout=5)
    for one in (here, by_name, there):
        with pytest.raises(udaemon.NotRunning):
            one.instances()
    shop.up()
    second = {one.supervisor().pid for one in (here, by_name, there)}
    shop.down()

    assert len(first) == len(second) == 1
    assert first != second
    with pytest.raises(ValueError, match="name the run directory, or a manifest and a project"):
        client.connect("udaemon.toml", run_dir=run_directory)


def test_a_silent_supervisor_is_given_up_in_time(running: client.Project) -> None:
    pid = running.supervisor().pid
    os.kill(pid, 19)
    try:
        with pytest.raises(client.SupervisorSilent, match=f"the supervisor, pid {pid}, does not answer"):
            client.connect(timeout=0.2)
    finally:
        os.kill(pid, 18)


def test_a_time_out_that_cannot_be_waited_for_is_refused_at_the_call(running: client.Project) -> None:
    for timeout in (float("inf"), float("nan"), -1.0, 315360001.0, 10**400):
        with pytest.raises(ValueError, match="a time-out is 0 to 315360000 seconds"):
            client.connect(timeout=timeout)
        for call in (running.start, running.stop, running.restart, running.wait):
            with pytest.raises(ValueError, match="a time-out is 0 to 315360000 seconds"):
                call("mailer", timeout=timeout)
        with pytest.raises(ValueError, match="a time-out is 0 to 315360000 seconds"):
            running.stop("mailer", stop_timeout=timeout)
        with pytest.raises(ValueError, match="a time-out is 0 to 315360000 seconds"):
            running.down(stop_timeout=timeout)
        with pytest.raises(ValueError, match="a time-out is 0 to 315360000 seconds"):
            next(running.events(follow=True, timeout=timeout))
    longest = client.connect(timeout=315360000.0)
    assert longest.wait("mailer", timeout=315360000.0)[0].ok
    assert next(longest.events(follow=True, timeout=315360000.0)).event == "up"


def test_importing_it_loads_neither_the_command_line_nor_what_a_program_may_not_want(tmp_path: Path) -> None:
    code = "import sys, udaemon.client\nprint(*sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    bare = subprocess.run(
        [sys.executable, "-c", "import sys, udaemon\nprint(*sorted(sys.modules))"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()

    assert {"asyncio", "click", "rich", "yaml", "tomllib", "multiprocessing", "udaemon.cli"} & set(loaded) == set()
    assert [name for name in bare if name.startswith("udaemon.") or name in {"attr", "typing", "enum"}] == []
