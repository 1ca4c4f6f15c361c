"""Control groups of daemons: every process enters its own, the kernel kills what is in it, and nothing of it stays."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from tests.fakes.cgroup import FakeHierarchy
from tests.process.engine_bench import Bench
from tests.process.project import Project, gone

from udaemon.engines.cgroups import Cgroups
from udaemon.manifest.cgroups import Cgroup
from udaemon.manifest.limits import StartMethod
from udaemon.policy.events import Exited, SpawnFailed
from udaemon.policy.reasons import Trouble
from udaemon.system.cgroup import CONTROLLERS, Hierarchy, own_directory

LIMITED = Cgroup(pids=50)
TASK = """
import os, sys

class Ends:
    def do_task(self):
        print("ran", flush=True)
        os._exit(0)

def create():
    return Ends()
"""
HIDES = """
import os, sys
executed, write = os.pipe2(os.O_CLOEXEC)
for _ in range(3):
    if os.fork() == 0:
        os.setsid()
        if os.fork():
            os._exit(0)
        print(os.getpid(), flush=True)
        for fd in range(1024):
            if fd != write:
                try:
                    os.close(fd)
                except OSError:
                    pass
        os.execve("/bin/sleep", ["sleep", "600"], {})
os.close(write)
os.read(executed, 1)  # ends when all are in their programs
"""


class Unlimited(Hierarchy):
    """Groups of this machine, where they can be made but controllers may be lacking: they have no limits."""

    def enable(self, controllers: object) -> None:
        """Nothing: none are wanted."""

    def write(self, directory: str, file: str, text: str) -> None:
        """Write what is no limit."""
        if not file.endswith(".max"):
            super().write(directory, file, text)


@pytest.fixture
def below() -> Iterator[str]:
    """A group of this machine in which groups can be made."""
    own = own_directory()
    if own is None:
        pytest.skip("no cgroup v2 is mounted here")
    group = f"{own}/udaemon-test-{os.getpid()}"
    try:
        os.mkdir(group)
    except OSError as error:
        pytest.skip(f"no group can be made in {own}: {error.strerror}")
    try:
        yield group
    finally:
        with suppress(OSError):
            Hierarchy(own).write(group, "cgroup.kill", "1")
        assert Hierarchy(own).remove(os.path.basename(group))


def bench_with(directory: Path, groups: Hierarchy) -> Bench:
    return Bench(directory, cgroups=Cgroups("shop", str(directory), groups))


@pytest.mark.parametrize("way", ["command", "zygote", "spawn"])
def test_every_process_enters_its_group_however_it_is_made(tmp_path: Path, way: str) -> None:
    groups = FakeHierarchy(tmp_path / "delegated")
    bench = bench_with(tmp_path, groups)
    try:
        bench.module("a", TASK)
        options = {"command": ("true",)} if way == "command" else {"start_method": StartMethod(way)}
        key = bench.daemon("a", cgroup=LIMITED, **options)
        entered: list[str] = []

        def look(managed: object) -> None:  # before the group is removed
            name = os.path.basename(bench.engine._cgroups._hierarchy.path(bench.engine._cgroups._name(key)))
            entered.append(groups.said(name, "cgroup.procs"))

        bench.engine._reaper.on_leader_end = look
        assert bench.run(key).code == 0
        assert entered == ["0"], "who writes 0 names itself"
    finally:
        bench.close()
    assert [one.name for one in (tmp_path / "delegated").iterdir() if one.name.startswith("udaemon-shop")] == []


def test_a_group_that_cannot_be_entered_never_starts(tmp_path: Path) -> None:
    class Vanishing(FakeHierarchy):
        def write(self, directory: str, file: str, text: str) -> None:
            super().write(directory, file, text)
            if file == "pids.max":
                (Path(directory) / "cgroup.procs").unlink()

        def remove(self, name: str) -> bool:
            with suppress(OSError):
                (self.top / name / "cgroup.procs").touch()
            return super().remove(name)

    bench = bench_with(tmp_path, Vanishing(tmp_path / "delegated"))
    try:
        key = bench.daemon("a", cgroup=LIMITED, command=("touch", "ran"))
        bench.spawn(key)
        failed = bench.until(key, SpawnFailed)
        assert failed.trouble is Trouble.CONFIG
        assert failed.message == "cgroup: No such file or directory (ENOENT)"
        assert not (tmp_path / "ran").exists()
    finally:
        bench.close()


def test_what_hides_from_us_is_killed_with_its_group(tmp_path: Path, below: str) -> None:
    """Sessions of their own, no open file, no environment, no parent: only the group tells whose they are."""
    bench = bench_with(tmp_path, Unlimited(below))
    try:
        bench.module("hides", HIDES)
        key = bench.daemon("a", cgroup=LIMITED, command=("python3", "-E", "hides.py"), env_inherit=False)
        bench.spawn(key)
        bench.reactor.run_until(lambda: len(bench.output(key).split()) == 3, 20.0)
        bench.until(key, Exited)
        hidden = [int(pid) for pid in bench.output(key).split()]
        bench.reap_orphans()
        assert gone(hidden)
    finally:
        bench.close()
    assert [entry.name for entry in os.scandir(below) if entry.is_dir()] == []


def test_the_kernel_holds_a_limit(tmp_path: Path, below: str) -> None:
    if (why := Hierarchy(below).look(["pids"])) is not None:
        pytest.skip(why)
    bench = bench_with(tmp_path, Hierarchy(below))
    try:
        key = bench.daemon("a", cgroup=Cgroup(pids=2), command=("sh", "-c", "sleep 0 | sleep 0 | sleep 0 | sleep 0"))
        assert bench.run(key).code != 0
        assert "fork" in bench.output(key)
    finally:
        bench.close()


def test_up_without_delegation_fails_for_good_or_goes_without(project: Project) -> None:
    if Hierarchy(own_directory()).look(CONTROLLERS) is None:
        pytest.skip("control groups are delegated here")
    project.manifest(
        '[daemons.must]\ncommand = ["touch", "ran"]\ncgroup = { memory-max = "64M", cpu = 0.5, pids = 10 }\n'
        '[daemons.may]\ncommand = ["sleep", "600"]\ncgroup = { memory-max = "64M", optional = true }\ninstances = 2\n'
    )
    warned = json.loads(project.run("check", "--format", "json").stdout)
    assert [(one["code"], one["severity"], one["line"]) for one in warned] == [("no-cgroup", "warning", 3)]
    project.run("up", "-d")

    failed = project.until("must", lambda one: one["state"] == "failed")
    assert failed["runs"]["last"]["error"].startswith("cgroup.memory-max, cgroup.cpu, cgroup.pids: ")
    assert failed["exit"]["reason"] == "config"
    for index in (0, 1):
        project.until("may", lambda one: one["state"] == "running", index)
    common = (project.state / "udaemon" / project.directory.name / "log" / "_common.log").read_text()
    assert common.count("may goes without cgroup.memory-max: ") == 1
    assert not (project.directory / "ran").exists()
