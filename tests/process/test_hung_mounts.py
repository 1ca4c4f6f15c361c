"""Programs and directories on a file system that does not answer: their own start waits, and nothing else does."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.fakes.reactor import SmallReactor
from tests.process.engine_bench import Bench
from tests.process.hung import HungMount
from tests.process.project import PATIENCE, Project, gone
from tests.process.test_engine_commands import Forking

from udaemon.engines.commands import Command, Launcher
from udaemon.engines.executing import Executing
from udaemon.engines.process import ManagedProcess
from udaemon.engines.zygote.protocol import Timeouts
from udaemon.manifest.model import Daemon
from udaemon.policy.events import Event, Executed, Exited, Spawned, SpawnFailed
from udaemon.policy.instance import Key
from udaemon.policy.reasons import Trouble
from udaemon.system.mounts import Mount, Mounts, beneath

HELD = 0.2


@pytest.fixture
def bench(tmp_path: Path, hung: HungMount) -> Iterator[Bench]:
    made = Bench(tmp_path, timeouts=Timeouts(answer=5.0, preload=5.0, execute=HELD))
    yield made
    hung.close()
    made.close()


def on(place: Path, what: str) -> dict[str, Any]:
    if what == "cwd":
        return {"command": ("/bin/true",), "cwd": str(place)}
    return {"command": (str(place / "serve"),)}


def test_a_mount_is_told_by_the_name_of_a_path_and_so_is_that_one_may_hang(hung: HungMount, tmp_path: Path) -> None:
    mounts = Mounts()
    assert mounts.may_hang()
    assert beneath(str(hung.place / "a" / "b")) == Mount(str(hung.place), "fuse.hung")
    assert beneath(f"{hung.place}-beside") != Mount(str(hung.place), "fuse.hung")
    mounts.close()


def test_what_a_path_leads_through_is_found_out_without_waiting(hung: HungMount, tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    (tmp_path / "absolute").symlink_to(hung.place)
    (tmp_path / "relative").symlink_to(f"plain/../{hung.place.name}/deeper")
    (tmp_path / "round").symlink_to("round")
    (tmp_path / "fine").symlink_to("plain")
    mounts = Mounts()
    for doubtful in ("mnt", "mnt/a", "absolute/a", "relative", "plain/../absolute/b", "round"):
        assert not mounts.answers(str(tmp_path / doubtful)), doubtful
    for certain in ("plain/a", "fine/a", "not/there"):
        assert mounts.answers(str(tmp_path / certain)), certain
    mounts.close()


@pytest.mark.parametrize("what", ["program", "cwd"])
def test_others_start_meanwhile_and_it_is_told_what_it_waits_for(bench: Bench, hung: HungMount, what: str) -> None:
    stuck = bench.daemon("stuck", **on(hung.place, what))
    fine = bench.daemon("fine", command=("/bin/sh", "-c", "exit 3"))
    bench.spawn(stuck, fine)
    assert bench.until(fine, Exited) == Exited(code=3)
    held = bench.until(stuck, Spawned)
    call = f"chdir {hung.place}" if what == "cwd" else f"exec {hung.place}/serve"
    assert held.held_up == f"{call} has not returned after {HELD:g} s; {hung.place} is fuse.hung"

    hung.close()
    failed = bench.until(stuck, SpawnFailed)
    assert failed.trouble is Trouble.RESOURCE
    assert failed.message.startswith(f"{call}: ")
    assert bench.engine.deadline is None


def test_an_error_that_comes_late_is_as_exact_as_one_at_once(bench: Bench, hung: HungMount) -> None:
    stuck = bench.daemon("stuck", **on(hung.place, "program"))
    bench.spawn(stuck)
    bench.until(stuck, Spawned)
    hung.refuse(errno.EPERM)
    hung.close()
    failed = bench.until(stuck, SpawnFailed)
    told = f"exec {hung.place}/serve: Operation not permitted (EPERM)"
    assert failed == SpawnFailed(Trouble.CONFIG, told)


def test_one_that_is_not_wanted_any_more_is_killed(bench: Bench, hung: HungMount) -> None:
    stuck = bench.daemon("stuck", **on(hung.place, "program"))
    bench.spawn(stuck)
    hung.asked()
    bench.engine.cancel(stuck)
    assert bench.until(stuck, SpawnFailed) == SpawnFailed(Trouble.RESOURCE, "its start was called off")
    assert bench.told(stuck, Spawned) == []


def test_an_interpreter_of_a_daemons_own_is_held_up_like_a_command(bench: Bench, hung: HungMount) -> None:
    stuck = bench.daemon("stuck", start_method="spawn", cwd=str(hung.place))
    bench.spawn(stuck)
    assert bench.until(stuck, Spawned).held_up.startswith(f"chdir {hung.place} has not returned")
    bench.engine.kill_tree(stuck)
    assert bench.until(stuck, Exited) == Exited(signal=9)


def test_a_program_that_runs_late_is_told_to_run() -> None:
    reactor = SmallReactor()
    told: list[Event] = []
    executing = Executing(reactor, lambda _key, event: told.append(event), lambda _living: None, HELD)
    reactor.add(executing)
    wait, go_on = os.pipe2(os.O_CLOEXEC)
    nothing = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)

    def find() -> tuple[str, ...]:
        os.read(wait, 1)
        return ("/bin/true",)

    command = Command(argv=("true",), env={}, cwd="/", output=nothing, keep=(wait,), find_argv=find)
    launcher = Launcher(mounts=Forking())
    started = launcher.start(command)
    key, daemon = Key("late", 0), Daemon(name="late", command=("true",))
    living = ManagedProcess(key=key, daemon=daemon, pid=started.pid, pidfd=started.pidfd)
    executing.watch(living, command, started)
    reactor.run_until(lambda: told)
    assert told == [Spawned(started.pid, held_up=f"exec true has not returned after {HELD:g} s")]
    os.write(go_on, b"x")
    reactor.run_until(lambda: len(told) == 2)
    assert told[1:] == [Executed()]
    os.waitpid(started.pid, 0)
    launcher.close()
    reactor.close()
    for fd in (wait, go_on, nothing, started.pidfd):
        os.close(fd)


@pytest.fixture
def shop(project: Project, place: Path) -> Project:
    """A supervisor with a daemon that begins in `place`, and one that does not."""
    (place / "serve").write_text("#!/bin/sh\nexec sleep 1000\n")
    (place / "serve").chmod(0o755)
    project.manifest(
        f"""
        [daemons.fine]
        command = "sleep 1000"
        autostart = false

        [daemons.stuck]
        command = "{place}/serve"
        autostart = false
        stop.timeout = "1s"
        """
    )
    project.run("up", "-d")
    return project


def test_a_supervisor_goes_on_and_says_what_a_start_waits_for(shop: Project, place: Path) -> None:
    hung = HungMount(place)
    try:
        with shop.process("start", "stuck") as start:
            hung.asked()
            assert shop.instance("stuck")["state"] == "starting"
            shop.run("start", "fine")
            _, told = start.communicate(timeout=PATIENCE)
            assert start.returncode == 1
        held = f"exec {place}/serve has not returned after 5 s; {place} is fuse.hung"
        seen = shop.instance("stuck")
        assert f"stuck/0 is held up as pid {seen['pid']}: {held}" in told
        assert (seen["state"], seen["runs"]["last"]["error"]) == ("starting", held)
        assert held in shop.run("status", "stuck").stdout
        shop.run("stop", "stuck")
        assert shop.instance("stuck")["state"] == "stopped"
        assert gone([seen["pid"]])
    finally:
        hung.close()


@pytest.mark.timing
def test_f34_one_that_cannot_be_killed_is_told_and_down_ends(shop: Project, place: Path) -> None:
    hung = HungMount(place)
    try:
        with shop.process("start", "stuck") as start:
            hung.swallow()
            start.communicate(timeout=PATIENCE)
        pid = shop.instance("stuck")["pid"]
        stop = shop.run("stop", "stuck", code=1)
        assert f"stuck/0 cannot be killed: pid {pid} lives on" in stop.stdout + stop.stderr
        assert shop.instance("stuck")["state"] == "failed"
        shop.run("start", "fine")
        shop.run("down", code=None)
        shop.run("ps", code=3)
        (left,) = shop.run_directories()
        assert [path.parent.name for path in left.rglob("*") if path.is_file()] == ["locks"], "it has its lock yet"
    finally:
        hung.close()
    assert gone([pid])


def test_a_run_in_the_foreground_can_be_stopped(shop: Project, place: Path) -> None:
    shop.down()
    hung = HungMount(place)
    try:
        with shop.process("run", "stuck") as run:
            hung.asked()
            run.terminate()
            run.communicate(timeout=PATIENCE)
        assert run.returncode == 1
    finally:
        hung.close()


def test_a_file_of_the_manifest_that_does_not_answer_holds_up_no_start(project: Project, place: Path) -> None:
    """`start` says which files have changed since `up`: whoever looks at them must not be the supervisor."""
    (place / "env").write_text("A=1\n")
    project.manifest(f'[daemons.fine]\ncommand = "sleep 1000"\nenv-file = "{place}/env"\nautostart = false\n')
    project.run("up", "-d")
    hung = HungMount(place)
    try:
        project.run("start", "fine")
        assert project.instance("fine")["state"] == "running"
    finally:
        hung.close()
