"""The keeper: F1, F2, I1, I4, I5, I12, I23 with `up -d`. Whoever of ours is killed, no daemon notices."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from binascii import crc32
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from tests.process.project import PATIENCE, Json, Project, gone

COUNT = """
    import udaemon

    def create(context: udaemon.TaskContext):
        return lambda: print("line", context.run_id, flush=True)
"""
FLEET = """
    [daemons.count]
    factory = "count:create"
    sleep = "2ms"

    [daemons.quiet]
    command = "sleep 1000"
    restart = "always"

    [daemons.slow]
    command = "sh slow.sh"
    stop = { timeout = "20s" }
"""
SLOW = "trap 'read word < go; exit 5' TERM; echo ready; while :; do sleep 0.05; done"


@pytest.fixture
def fleet(project: Project) -> Project:
    """Three daemons that run: a task that counts aloud, a silent command, one that takes its time to stop."""
    project.file("count.py", COUNT)
    project.file("slow.sh", SLOW)
    os.mkfifo(project.directory / "go")
    project.manifest(FLEET)
    project.up()
    return project


def supervisor(project: Project) -> int:
    pid: int = project.ps()["supervisor"]["pid"]
    return pid


def parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()[1])


def children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def children_named(pid: int, part: str) -> list[int]:
    """Those of its children that have such a word in their command line; one that ends meanwhile is none."""
    named = []
    for child in children(pid):
        with suppress(FileNotFoundError, ProcessLookupError):
            if part.encode() in Path(f"/proc/{child}/cmdline").read_bytes():
                named.append(child)
    return named


def kill(pid: int) -> None:
    """Kill it, and see that it has ended; whose child it is reaps it when it likes."""
    pidfd = os.pidfd_open(pid)
    signal.pidfd_send_signal(pidfd, signal.SIGKILL)
    import select

    assert select.select([pidfd], [], [], PATIENCE)[0]
    os.close(pidfd)


def pids(project: Project) -> dict[str, int]:
    return {one["name"]: one["pid"] for one in project.instances()}


def until(project: Project, name: str, holds: Callable[[Json], bool]) -> Json:
    """What an instance is once this holds; asked anew while a supervisor may be on its way."""
    deadline = time.monotonic() + PATIENCE
    while True:
        seen = project.instance(name)
        if holds(seen):
            return seen
        assert time.monotonic() < deadline, seen


def lines(project: Project) -> list[int]:
    return [int(number) for number in re.findall(r"line (\d+)$", project.log("count"), re.MULTILINE)]


def assert_all_lines(project: Project) -> None:
    """I5: each line once, and in order."""
    ran = project.instance("count")["runs"]["count"]
    project.run("down", "-t", "1")  # `slow` has twenty seconds
    path = next(project.state.glob("udaemon/*/log/count.log"))
    numbers = [int(number) for number in re.findall(r"line (\d+)$", path.read_text(), re.MULTILINE)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) >= ran


def test_f1_f2_a_supervisor_that_is_killed_leaves_every_daemon_as_it_is(fleet: Project) -> None:
    """Same pids, nothing restarted, no line lost, and the answers go on as if nothing had been."""
    before, first = fleet.ps()["instances"], supervisor(fleet)
    kill(first)
    after = fleet.ps()
    assert after["supervisor"]["pid"] != first
    for old, new in zip(before, after["instances"], strict=True):
        same = ("name", "pid", "state", "wanted", "restarts", "started_at")
        assert {key: new[key] for key in same} == {key: old[key] for key in same}
        assert new["runs"]["count"] >= old["runs"]["count"]
    assert gone([first])
    assert_all_lines(fleet)


def test_i5_a_supervisor_killed_again_and_again_loses_no_line(fleet: Project) -> None:
    """Also one that has just begun: its successor finds everything where the last one left it."""
    before = pids(fleet)
    for _ in range(5):
        kill(supervisor(fleet))
    assert pids(fleet) == before
    assert_all_lines(fleet)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM])
def test_i4_a_daemon_that_ends_without_a_supervisor_has_its_true_end(fleet: Project, how: int) -> None:
    """The zombie keeps its exit status until somebody asks."""
    quiet = pids(fleet)["quiet"]
    pidfd = os.pidfd_open(quiet)
    kill(supervisor(fleet))
    signal.pidfd_send_signal(pidfd, how)
    os.close(pidfd)
    seen = until(fleet, "quiet", lambda seen: seen["restarts"] == 1 and seen["pid"])
    assert (seen["exit"]["signal"], seen["exit"]["code"], seen["exit"]["reason"]) == (how, None, "killed")
    assert seen["pid"] != quiet
    assert gone([quiet])
    fleet.down()


def test_f40_a_stop_under_way_goes_on(fleet: Project) -> None:
    """Its time runs on, and the code with which it ends is known."""
    slow = pids(fleet)["slow"]
    with fleet.process("stop", "slow") as stop:
        until(fleet, "slow", lambda seen: seen["state"] == "stopping")
        kill(supervisor(fleet))
        assert stop.wait(PATIENCE) != 0
    assert until(fleet, "slow", lambda _seen: True)["state"] == "stopping"
    assert pids(fleet)["slow"] == slow
    (fleet.directory / "go").write_text("now\n")
    seen = until(fleet, "slow", lambda seen: seen["state"] == "stopped")
    assert (seen["exit"]["code"], seen["exit"]["reason"]) == (5, "stopped")
    fleet.down()


def test_a_wait_between_two_starts_goes_on(project: Project) -> None:
    """Crashes, restarts, and the moment of the next attempt are what they were."""
    project.manifest("""
        [daemons.crash]
        command = "sh -c 'exit 7'"
        backoff = { initial = "600s", factor = 1, max = "600s", jitter = 0 }
    """)
    project.run("up", "-d")
    before = until(project, "crash", lambda seen: seen["state"] == "backoff")
    kill(supervisor(project))
    after = until(project, "crash", lambda _seen: True)
    assert {**after, "drift": None} == {**before, "drift": None}
    project.down()


def test_a_down_under_way_goes_on(fleet: Project) -> None:
    """The next supervisor ends everything, and then itself; the keeper too."""
    first = supervisor(fleet)
    keeper = parent(first)
    with fleet.process("down") as down:
        until(fleet, "slow", lambda seen: seen["state"] == "stopping")
        kill(first)
        (fleet.directory / "go").write_text("now\n")
        assert down.wait(PATIENCE) == 0
    fleet.run("ps", code=3)
    assert gone([keeper])
    assert fleet.run_directories() == []


def test_i1_a_daemon_of_another_supervisor_is_stopped_and_started_like_any_other(fleet: Project) -> None:
    """Restart, signal, stop with its whole tree, start."""
    kill(supervisor(fleet))
    before = pids(fleet)
    fleet.run("restart", "quiet", "count")
    after = pids(fleet)
    assert gone([before["quiet"], before["count"]])
    assert after["slow"] == before["slow"]
    fleet.run("signal", "KILL", "quiet")
    until(fleet, "quiet", lambda seen: seen["restarts"] >= 1 and seen["pid"])
    fleet.down()


@pytest.mark.parametrize("whom", ["logger", "zygote"])
def test_i23_any_helper_killed_together_with_the_supervisor_costs_nothing(fleet: Project, whom: str) -> None:
    """Both at once: the keeper has the log pipes, and what the logger had in hand is in its journal."""
    before, first = pids(fleet), supervisor(fleet)
    (helper,) = children_named(first, "logger_main" if whom == "logger" else "udaemon: zygote")
    os.kill(helper, signal.SIGKILL)
    kill(first)
    assert pids(fleet) == before
    assert_all_lines(fleet)


def test_a_keeper_that_is_killed_harms_nobody(fleet: Project) -> None:
    """It is told, and everything goes on; `down` ends all as ever."""
    before, first = pids(fleet), supervisor(fleet)
    kill(parent(first))
    assert pids(fleet) == before
    assert supervisor(fleet) == first
    assert "the keeper is gone" in fleet.run("events").stdout
    assert_all_lines(fleet)
    assert gone([first, *before.values()])


def test_f35_what_a_daemon_left_behind_is_found_again(project: Project) -> None:
    """Its process has ended, its child has a stop's time yet: that goes on, and nothing of it lives afterwards."""
    project.file(
        "leave.sh", "sh -c 'trap \"\" TERM; echo up > ready; while :; do sleep 0.05; done' & read word < go; exit 3"
    )
    os.mkfifo(project.directory / "go")
    os.mkfifo(project.directory / "ready")
    project.manifest("""
        [daemons.leave]
        command = "sh leave.sh"
        restart = "never"
        stop = { timeout = "2s" }
    """)
    project.up()
    (project.directory / "ready").read_text()
    (project.directory / "go").write_text("now\n")
    until(project, "leave", lambda seen: seen["state"] == "stopping")
    kill(supervisor(project))
    assert until(project, "leave", lambda seen: seen["state"] != "stopping")["exit"]["code"] == 3
    assert until(project, "leave", lambda _seen: True)["state"] == "failed"
    project.down()


def test_no_copy_of_a_start_that_nobody_has_written_down(fleet: Project) -> None:
    """I1, I12: killed in the middle of a restart of everything, each is there once in the end."""
    for _ in range(5):
        first = supervisor(fleet)
        with fleet.process("restart", "count", "quiet") as restart:
            kill(first)
            restart.wait(PATIENCE)
        for name in ("count", "quiet"):
            until(fleet, name, lambda seen: seen["state"] == "running")
        quiet = [pid for pid in _all_pids() if _is(pid, fleet, "quiet")]
        assert quiet == [pids(fleet)["quiet"]]
    fleet.down()


def kill_both(project: Project) -> int:
    """The keeper first, or it would start another supervisor. Returns the supervisor's pid."""
    first = supervisor(project)
    kill(parent(first))
    kill(first)
    return first


def test_f1_after_keeper_and_supervisor_were_killed_the_next_up_adopts_what_lives(fleet: Project) -> None:
    """Never two copies: the locks prove what lives. It is told, and the logs go on without a line lost."""
    before, first = fleet.ps()["instances"], kill_both(fleet)
    done = fleet.run("up", "-d", "--wait")
    after = fleet.ps()
    assert after["supervisor"]["pid"] != first
    assert [(one["name"], one["pid"], one["state"]) for one in after["instances"]] == [
        (one["name"], one["pid"], one["state"]) for one in before
    ]
    told = fleet.run("events").stdout
    assert all(f"adopted: pid {one['pid']} goes on" in told for one in before), (told, done.stderr)
    fleet.run("restart", "quiet")
    (fleet.directory / "go").touch()
    fleet.run("stop", "count")
    numbers = lines(fleet)
    assert numbers == list(range(1, len(numbers) + 1))
    assert gone([before[1]["pid"]])
    fleet.run("down", "-t", "0.1")


def test_f55_what_died_without_anybody_is_started_and_a_foreign_pid_is_not_touched(fleet: Project) -> None:
    """A process of that number which has no lock is somebody else's, whatever file names it."""
    kill_both(fleet)
    ledger = next(fleet.runtime.glob("udaemon/*/ledger"))
    quiet = re.search(rb'"name":"quiet".*?"pid":(\d+)', ledger.read_bytes())
    assert quiet is not None
    kill(int(quiet[1]))
    with subprocess.Popen(["sleep", "1000"]) as stranger:
        text = ledger.read_bytes().replace(quiet[1], str(stranger.pid).encode())
        ledger.write_bytes(_signed(text))
        fleet.up()
        assert pids(fleet)["quiet"] not in (int(quiet[1]), stranger.pid)
        fleet.run("down", "-t", "0.1")
        assert stranger.poll() is None
        stranger.kill()


def test_f57_a_ledger_that_is_garbage_is_told_and_the_locks_are_believed(fleet: Project) -> None:
    """What lives is adopted all the same."""
    before = pids(fleet)
    kill_both(fleet)
    next(fleet.runtime.glob("udaemon/*/ledger")).write_bytes(os.urandom(5000) + b"\n\n")
    fleet.up()
    assert pids(fleet) == before
    assert "the ledger is damaged" in fleet.run("events").stdout
    fleet.run("down", "-t", "0.1")


def _signed(text: bytes) -> bytes:
    """The lines of a ledger with the checksums that they should have."""
    bodies = [line.partition(b" ")[2] for line in text.splitlines()]
    return b"".join(b"%08x %b\n" % (crc32(body), body) for body in bodies)


def test_f13_the_keeper_has_room_for_what_all_daemons_need(project: Project) -> None:
    """Whatever the file limit of `up` was; daemons have that one also when they come from a later supervisor."""
    project.file("limit.sh", 'ulimit -n > "limit$UDAEMON_INSTANCE"; exec sleep 1000')
    project.manifest("""
        [daemons.many]
        command = "sh limit.sh"
        instances = 90
    """)
    limited = ["sh", "-c", f"ulimit -Sn 80; exec {sys.executable} -m udaemon -q up -d --wait"]
    subprocess.run(limited, cwd=project.directory, env=project.environ, check=True, timeout=PATIENCE)
    before = [one["pid"] for one in project.instances()]
    kill(supervisor(project))
    assert [one["pid"] for one in project.instances()] == before
    project.run("restart", "many/7")
    until(project, "many", lambda seen: seen["state"] == "running")
    assert project.instance("many", 7)["pid"] not in before
    project.down()
    assert {path.read_text() for path in project.directory.glob("limit*[0-9]")} == {"80\n"}
    assert gone(before)


def _all_pids() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def _is(pid: int, project: Project, name: str) -> bool:
    try:
        said = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return False
    return f"UDAEMON_NAME={name}".encode() in said and f"PWD={project.directory}".encode() in said


def test_f58_who_connects_while_there_is_no_supervisor_is_answered_by_the_next(fleet: Project) -> None:
    """The socket is kept: nobody is refused."""
    first = supervisor(fleet)
    os.kill(first, signal.SIGKILL)
    asked = [
        subprocess.Popen(
            ["udaemon", "ps", "--json"],
            executable=str(Path(sys.executable).parent / "udaemon"),
            cwd=fleet.directory,
            env=fleet.environ,
            stdout=subprocess.DEVNULL,
        )
        for _ in range(3)
    ]
    assert [one.wait(PATIENCE) for one in asked] == [0, 0, 0]
    fleet.down()
