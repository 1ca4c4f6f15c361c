"""`start-method`: a fork of a zygote or an interpreter of its own, and what both have in common."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from tests.process.project import PATIENCE, Project

METHODS = pytest.mark.parametrize("method", ["zygote", "spawn"])

JOBS = """
    import multiprocessing, os, sys, time
    print("import", os.getpid(), flush=True)
    class Job:
        def __init__(self, context): self.context = context
        def do_task(self):
            print("run", self.context.instance, os.getppid(), sys.flags.optimize, sys.argv, flush=True)
            time.sleep(0.05)
            print("end", flush=True)
    def create(context): return Job(context)
"""


def manifest(method: str, more: str = "") -> str:
    return f"""
        [daemons.job]
        factory = "jobs:create"
        sleep = 0.01
        start-method = "{method}"
        {more}
    """


def has_run(one: dict[str, dict[str, int]]) -> bool:
    return one["runs"]["count"] > 0


@METHODS
def test_a_task_runs_is_stopped_between_two_runs_and_is_told_of_alike(project: Project, method: str) -> None:
    project.file("jobs.py", JOBS)
    project.manifest(manifest(method, "instances = 2"))
    project.up()
    supervisor = project.ps()["supervisor"]["pid"]
    for index in (0, 1):
        project.until("job", has_run, index)
    project.run("stop", "job")

    ends = [(one["exit"]["code"], one["exit"]["reason"]) for one in project.instances()]
    lines = [line.split(" ", 2)[2] for line in project.log("job").splitlines()]
    assert ends == [(0, "stopped")] * 2
    assert (
        lines.count("end")
        == len([line for line in lines if line.startswith("run ")])
        == sum(one["runs"]["count"] for one in project.instances())
    )
    assert {line.split()[2] for line in lines if line.startswith("run ")} == {str(supervisor)}


@METHODS
def test_a_task_that_was_killed_comes_back(project: Project, method: str) -> None:
    project.file("jobs.py", JOBS)
    project.manifest(manifest(method))
    project.up()
    pid = project.instance("job")["pid"]
    project.run("signal", "KILL", "job")
    back = project.until("job", lambda one: one["state"] == "running" and one["pid"] not in {None, pid})
    assert back["restarts"] == 1


@METHODS
def test_a_factory_that_is_not_there_is_a_config_error(project: Project, method: str) -> None:
    project.manifest(manifest(method).replace("jobs:", "nowhere:"))
    project.run("up", "-d")
    failed = project.until("job", lambda one: one["state"] == "failed")
    assert (failed["exit"]["code"], failed["exit"]["reason"]) == (78, "config")
    assert failed["runs"]["last"]["error"] == "no module named nowhere"


def test_an_interpreter_of_its_own_shares_nothing(project: Project) -> None:
    project.file("jobs.py", JOBS)
    project.manifest(manifest("spawn", 'preload = ["shelve"]'))
    project.up()
    pid = project.instance("job")["pid"]
    maps = Path(f"/proc/{pid}/cmdline").read_bytes()
    assert maps.startswith(b"udaemon: job/0")
    assert f"import {pid}" in project.log("job")


def test_f61_an_interpreter_of_its_own_has_only_its_descriptors(project: Project) -> None:
    """What a fork has, and the one that Python keeps for the map of the scoreboard."""
    project.file(
        "jobs.py",
        "import os\ndef create():\n    def task():\n"
        "        links = (os.path.realpath(f'/proc/self/fd/{n}') for n in os.listdir('/proc/self/fd') if int(n) > 2)\n"
        "        print(*sorted(os.path.basename(link).partition(':')[0] for link in links), flush=True)\n"
        "    return task\n",
    )
    seen = {}
    for method in ("zygote", "spawn"):
        project.manifest(manifest(method))
        project.up()
        project.until("job", has_run)
        words = project.log("job").splitlines()[-1].partition(" ")[2].split()
        seen[method] = sorted(word for word in words if not word.isdigit())  # the listing itself
        project.down()
    assert sorted([*seen["zygote"], "memfd"]) == seen["spawn"]


@METHODS
def test_the_options_of_the_interpreter_hold_for_every_daemon(project: Project, method: str) -> None:
    """Issue 9: `python -O -m udaemon`: the flag was lost with the first zygote."""
    project.file("jobs.py", JOBS)
    project.manifest(manifest(method, 'env = { PYTHONHASHSEED = "1" }'))
    subprocess.run(
        [sys.executable, "-O", "-m", "udaemon", "up", "-d", "--wait"],
        cwd=project.directory,
        env=project.environ,
        check=True,
        timeout=PATIENCE,
        stdin=subprocess.DEVNULL,
        capture_output=True,
    )
    project.until("job", has_run)
    assert " 1 ['" in next(line for line in project.log("job").splitlines() if "run 0" in line)


def test_an_archive_on_the_path_that_was_replaced_is_read_anew(project: Project) -> None:
    """Issue 9: a zip on PYTHONPATH replaced: old code after `restart`."""
    archive = project.directory / "jobs.zip"

    def write(word: str) -> None:
        fresh = project.directory / "fresh.zip"
        with zipfile.ZipFile(fresh, "w") as file:
            file.writestr(
                "packed.py", f"def create():\n    return lambda: print('{word}', flush=True)\n" + "#" * len(word)
            )
        os.replace(fresh, archive)

    write("old")
    project.environ["PYTHONPATH"] = str(archive)
    project.manifest(manifest("zygote").replace("jobs:", "packed:"))
    project.up()
    project.until("job", has_run)
    write("brand new")
    project.run("restart", "job")
    project.until("job", lambda one: has_run(one) and "brand new" in project.log("job"))
    assert "old" in project.log("job")
