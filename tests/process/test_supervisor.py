"""The whole of it, from the command line: daemons start, crash, come back, and stop without a trace."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.process.conftest import Bell
from tests.process.project import PATIENCE, UDAEMON, Json, Project, alive, gone, read_line
from tests.process.test_keeper import children_named

BEAT = """
    import os

    class Beat:
        def do_task(self) -> None:
            pass

    def create(**params):
        return Beat()
"""


def running(seen: Json) -> bool:
    return bool(seen["state"] == "running")


def test_a_killed_daemon_comes_back_and_the_record_tells_of_it(project: Project) -> None:
    project.file("beat.py", BEAT)
    project.manifest("""
        [daemons.beat]
        factory = "beat:create"
        sleep = "10ms"
    """)
    project.up()
    first = project.instance("beat")

    os.kill(first["pid"], signal.SIGKILL)
    second = project.until("beat", lambda seen: running(seen) and seen["pid"] != first["pid"])

    assert second["restarts"] == 1
    assert second["exit"]["code"] is None
    assert second["exit"]["signal"] == 9
    assert second["exit"]["reason"] == "killed"
    common = (project.state / "udaemon" / project.ps()["project"] / "log" / "_common.log").read_text()
    assert f"beat/0 [{second['pid']}] started" in common
    assert "exited: killed by signal 9 (SIGKILL)" in common


def test_f19_every_exit_code_is_told_exactly(project: Project) -> None:
    project.manifest("""
        [daemons.code]
        command = "exit $$UDAEMON_INSTANCE"
        shell = true
        instances = 256
        restart = "never"
    """)
    project.run("up", "-d")
    project.until("code", lambda _: all(one["exit"]["at"] for one in project.instances()))

    assert [one["exit"]["code"] for one in project.instances()] == list(range(256))
    assert {one["exit"]["signal"] for one in project.instances()} == {None}
    assert [one["state"] for one in project.instances()] == ["exited"] + ["failed"] * 255


def test_f19_every_signal_is_told_exactly(project: Project) -> None:
    deadly = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 24, 25, 26, 27, 29, 30, 31, 34, 50, 64]
    numbers = " ".join(map(str, deadly))
    project.manifest(f"""
        [daemons.dies]
        command = "set -- {numbers}; shift $$UDAEMON_INSTANCE; kill -$$1 $$$$"
        shell = true
        instances = {len(deadly)}
        restart = "never"
    """)
    project.run("up", "-d")
    project.until("dies", lambda _: all(one["exit"]["at"] for one in project.instances()))

    assert [one["exit"]["signal"] for one in project.instances()] == deadly
    assert {one["exit"]["reason"] for one in project.instances()} == {"killed"}


def test_a_hundred_periodic_daemons_run_and_leave_nothing_behind(project: Project) -> None:
    project.file("beat.py", BEAT)
    project.manifest("".join(f'[daemons.beat-{n}]\nfactory = "beat:create"\nsleep = "20ms"\n\n' for n in range(100)))
    project.up()
    told = project.ps()
    supervisor = told["supervisor"]["pid"]
    pids = [one["pid"] for one in told["instances"]]

    assert [one["state"] for one in told["instances"]] == ["running"] * 100
    assert len(set(pids)) == 100
    assert all(Path(f"/proc/{pid}/stat").read_text().split()[3] == str(supervisor) for pid in pids)

    project.down()

    assert [pid for pid in [supervisor, *pids] if alive(pid)] == []
    assert project.run_directories() == []


def test_stop_ends_a_pause_at_once_and_lets_a_run_finish(project: Project, bell: Callable[[str], Bell]) -> None:
    begun = bell("begun")
    project.file(
        "slow.py",
        f"""
        import time

        class Idle:
            def do_task(self) -> None:
                pass

        class Slow:
            def do_task(self) -> None:
                with open({str(begun.path)!r}, "w") as bell:
                    print("begun", file=bell)
                time.sleep(1.0)
                print("finished", flush=True)

        def done(event):
            print("task_done told", flush=True)
        """,
    )
    project.manifest("""
        [daemons.idle]
        factory = "slow:Idle"
        sleep = "1h"

        [daemons.slow]
        factory = "slow:Slow"
        sleep = "1h"
        on = { task-done = "slow:done" }
    """)
    project.run("up", "-d")
    assert begun.lines(1) == ["begun"]

    project.run("stop", "slow")
    project.run("stop", "idle")

    slow = project.instance("slow")
    assert (slow["state"], slow["exit"]["code"], slow["exit"]["reason"]) == ("stopped", 0, "stopped")
    assert project.log("slow").count("finished") == 1
    assert project.log("slow").count("task_done told") == 1
    assert project.instance("idle")["exit"]["code"] == 0


def test_f3_a_killed_zygote_harms_no_daemon(project: Project) -> None:
    project.file("beat.py", BEAT)
    project.manifest("""
        [daemons.beat]
        factory = "beat:create"
        sleep = "10ms"
        instances = 3
    """)
    project.up()
    before = [one["pid"] for one in project.instances()]
    (zygote,) = set(helpers(project.ps()["supervisor"]["pid"], "zygote")) - set(before)

    os.kill(zygote, signal.SIGKILL)
    assert gone([zygote])

    assert [one["pid"] for one in project.instances()] == before
    assert [one["state"] for one in project.instances()] == ["running"] * 3
    project.run("restart", "beat/1")
    after = [one["pid"] for one in project.instances()]
    assert [after[0], after[2]] == [before[0], before[2]]
    assert after[1] != before[1]
    assert project.instance("beat", 1)["state"] == "running"


def test_a_killed_logger_loses_no_line(project: Project) -> None:
    """A new logger gets the pipes back; what was written meanwhile waits in them.

    It is killed at rest: between a read and its write it would lose a chunk (decision 0004).
    """
    project.file(
        "count.py",
        """
        import itertools

        numbers = itertools.count()

        def create():
            return lambda: print("line", next(numbers), flush=True)
        """,
    )
    project.manifest("""
        [daemons.count]
        factory = "count:create"
        sleep = "1ms"
    """)
    project.up()
    (logger,) = helpers(project.ps()["supervisor"]["pid"], "udaemon.logs.logger_main")
    pid = project.instance("count")["pid"]
    os.kill(pid, signal.SIGSTOP)
    before = project.instance("count")["runs"]["count"]
    with project.process("logs", "-f", "-n", "1", "count") as logs:
        assert logs.stdout is not None
        deadline = time.monotonic() + PATIENCE
        while int(read_line(logs.stdout.fileno(), deadline).rpartition(" ")[2]) < before - 1:
            pass
    os.kill(logger, signal.SIGKILL)
    assert gone([logger])
    os.kill(pid, signal.SIGCONT)
    project.run("stop", "count")
    after = project.instance("count")["runs"]["count"]
    project.down()

    log = (project.state / "udaemon" / project.directory.name / "log" / "count.log").read_text()
    numbers = [int(line.rpartition(" ")[2]) for line in log.splitlines() if "line" in line]
    assert numbers == list(range(after))
    assert after > before


def helpers(supervisor: int, word: str) -> list[int]:
    """Children of the supervisor whose command line has a word in it."""
    children = Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split()
    return [int(pid) for pid in children if word.encode() in Path(f"/proc/{pid}/cmdline").read_bytes()]


def test_a_restarted_daemon_runs_the_code_that_is_on_disk_now(project: Project) -> None:
    """Also when the file has the same size and was changed within the second."""
    source = 'def create():\n    print("version 1", flush=True)\n    return lambda: None\n'
    project.file("app.py", source)
    project.manifest("""
        [daemons.code]
        factory = "app:create"
        sleep = "1h"
    """)
    project.up()
    project.file("app.py", source.replace("1", "2"))
    project.run("restart", "code")
    project.down()

    log = (project.state / "udaemon" / project.directory.name / "log" / "code.log").read_text()
    assert [line.rpartition(" ")[2] for line in log.splitlines()] == ["1", "2"]


@pytest.mark.parametrize("kill", ["supervisor", "up"])
def test_f1_in_the_foreground_all_die_together(project: Project, kill: str) -> None:
    project.file("beat.py", BEAT)
    project.manifest("""
        [daemons.beat]
        factory = "beat:create"
        sleep = "10ms"

        [daemons.command]
        command = "sleep 1000"
    """)
    with project.process("up") as up:
        assert up.stderr is not None
        project_runs(project, up.stderr.fileno(), time.monotonic() + PATIENCE)
        told = project.ps()
        pids = [one["pid"] for one in told["instances"]]
        victim = told["supervisor"]["pid"] if kill == "supervisor" else up.pid
        os.kill(victim, signal.SIGKILL)

        assert gone([*pids, told["supervisor"]["pid"]], patience=5.0)


def test_i23_in_the_foreground_all_die_though_the_logger_is_killed_too(project: Project) -> None:
    """The logger would end what does not leave by itself: then who waits for all does it."""
    project.manifest("""
        [daemons.command]
        command = "sh -c 'setsid sleep 1000 & exec sleep 1001'"
    """)
    with project.process("up") as up:
        assert up.stderr is not None
        project_runs(project, up.stderr.fileno(), time.monotonic() + PATIENCE)
        told = project.ps()
        first, pid = told["supervisor"]["pid"], told["instances"][0]["pid"]
        left = children_named(pid, "1000")
        for victim in (*children_named(first, "logger_main"), first):
            os.kill(victim, signal.SIGKILL)

        assert up.wait(PATIENCE) == 1
        assert gone([pid, *left, first], patience=0.5)
        assert "the supervisor died, and its daemons with it" in up.stderr.read()


def project_runs(project: Project, stderr: int, deadline: float) -> None:
    """Read what `up` prints until the project's daemons are told to be up."""
    while True:
        read_line(stderr, deadline)
        if {one["state"] for one in project.instances()} == {"running"}:
            return


def test_f54_of_eight_up_at_once_one_supervisor_comes_and_all_succeed(project: Project) -> None:
    project.manifest("""
        [daemons.command]
        command = "sleep 1000"
    """)
    with ExitStack() as stack:
        ups = [stack.enter_context(project.process("up", "-d")) for _ in range(8)]
        codes = [up.wait(PATIENCE) for up in ups]
    assert codes == [0] * 8
    assert len(project.run_directories()) == 1
    foreground = project.run("up", code=1)
    assert f"already running, pid {project.ps()['supervisor']['pid']}" in foreground.stderr


def test_a_manifest_with_mistakes_starts_nothing(project: Project) -> None:
    project.manifest("""
        [daemons.command]
        command = "touch started"
        sleeep = 1
    """)
    refused = project.run("up", "-d", code=2)

    assert "udaemon.toml:4:1" in refused.stderr
    assert project.run_directories() == []
    assert not (project.directory / "started").exists()


def test_f61_f62_a_command_gets_clean_fds_masks_and_session(project: Project) -> None:
    # The shell reads its status itself: while it waits for a program it may have signals blocked.
    project.file(
        "look.sh",
        """
        while read -r line; do echo "$line"; done < /proc/$$/status
        ls -l /proc/$$/fd
        umask; pwd; cat /proc/$$/stat
        """,
    )
    project.manifest("""
        [daemons.look]
        command = "sh look.sh"
        restart = "never"
    """)
    project.run("up", "-d")
    seen = project.until("look", lambda seen: bool(seen["exit"]["at"]))
    project.down()

    log = (project.state / "udaemon" / project.directory.name / "log" / "look.log").read_text()
    lines = [line.partition("Z ")[2] for line in log.splitlines()]
    fds = {line.split(" -> ")[0].split()[-1]: line.split(" -> ")[1] for line in lines if " -> " in line}
    assert fds.pop("0") == "/dev/null"
    assert fds.pop("1") == fds.pop("2")
    locks = [fd for fd, path in fds.items() if "/locks/" in path]
    own = [fd for fd, path in fds.items() if path.endswith("look.sh")]
    assert set(fds) == {*locks, *own}
    assert len(locks) == 1
    masks = dict(line.split(":") for line in lines if line.startswith("Sig"))
    # The rest is real-time signals; 32 and 33 are the C library's own, which nobody can unblock.
    assert {int(masks[name], 16) & 0x7FFFFFFF for name in ("SigPnd", "SigBlk", "SigIgn")} == {0}
    assert "0022" in lines
    assert str(project.directory) in lines
    (stat,) = [line for line in lines if "(sh)" in line]
    pid, session = int(stat.split()[0]), int(stat.split()[5])
    assert pid == session
    assert seen["exit"]["code"] == 0


def test_a_secret_is_nowhere_to_be_seen(project: Project) -> None:
    """faults.md F60, invariant I17."""
    project.file("beat.py", BEAT)
    project.file("secrets.env", "OTHER_SECRET=hunter2\n")
    project.manifest("""
        [daemons.beat]
        factory = "beat:create"
        sleep = "1h"
        env = { DB_PASSWORD = "hunter2" }
        env-file = "secrets.env"

        [daemons.broken]
        command = "/does/not/exist"
        env = { DB_PASSWORD = "hunter2" }
    """)
    project.run("up", "-d")
    project.until("broken", lambda seen: bool(seen["state"] == "failed"))
    told = [
        project.run(*verb, code=None)
        for verb in (("ps",), ("ps", "--json"), ("inspect", "beat"), ("events",), ("events", "--json"), ("logs",))
    ]
    written = [path.read_bytes() for path in project.directory.rglob("*") if path.is_file()]

    assert [done.args for done in told if "hunter2" in done.stdout + done.stderr] == []
    assert sum(b"hunter2" in text for text in written) == 2, "the manifest and the env file"
    assert "DB_PASSWORD" in told[2].stdout


def test_f14_a_missing_program_is_said_and_not_retried(project: Project) -> None:
    project.manifest("""
        [daemons.missing]
        command = "/does/not/exist"
    """)
    project.run("up", "-d")
    seen = project.until("missing", lambda seen: bool(seen["state"] == "failed"))

    assert seen["restarts"] == 0
    assert seen["runs"]["last"]["error"] == "exec /does/not/exist: No such file or directory (ENOENT)"
    assert project.run("ps", "--check", code=1).returncode == 1


def test_f35_what_a_daemon_leaves_behind_is_gone_after_stop(project: Project, bell: Callable[[str], Bell]) -> None:
    """Same group, own session, and one that ignores TERM."""
    ready = bell("ready")
    project.file(
        "family.sh",
        f"""
        sleep 1000 &
        setsid sleep 1001 &
        (trap '' TERM; sleep 1002) &
        echo ready > {ready.path}
        wait
        """,
    )
    project.manifest("""
        [daemons.family]
        command = "sh family.sh"
    """)
    project.run("up", "-d")
    assert ready.lines(1) == ["ready"]
    leader = project.instance("family")["pid"]
    family = descendants(leader)
    assert len(family) >= 4

    project.run("stop", "family")

    assert [pid for pid in family if alive(pid)] == []


def descendants(pid: int) -> list[int]:
    """A process, its children, theirs, and so on."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(below for child in children for below in descendants(int(child)))]


def test_f32_what_ignores_term_is_killed_at_its_deadline_and_said_so(
    project: Project, bell: Callable[[str], Bell]
) -> None:
    ready = bell("ready")
    project.file("deaf.sh", f"trap '' TERM; echo ready > {ready.path}; while :; do sleep 1000; done")
    project.manifest("""
        [daemons.deaf]
        command = "sh deaf.sh"
        stop = { timeout = "300ms" }
    """)
    project.run("up", "-d")
    assert ready.lines(1) == ["ready"]

    project.run("stop", "deaf")

    seen = project.instance("deaf")
    assert (seen["state"], seen["exit"]["signal"], seen["exit"]["reason"]) == ("stopped", 9, "killed")
    assert re.search(r"killed after 0\.[34]\d* s", project.run("events").stdout)


def test_up_of_a_running_project_starts_what_was_stopped(project: Project) -> None:
    project.manifest("""
        [daemons.one]
        command = "sleep 1000"
        [daemons.two]
        command = "sleep 1000"
        [daemons.later]
        command = "sleep 1000"
        autostart = false
    """)
    project.up()
    pid = project.instance("one")["pid"]
    project.run("stop", "two")

    again = project.run("up", "-d")

    assert "two/0 started" in again.stderr
    assert "one/0" not in again.stderr
    assert [one["state"] for one in project.instances()] == ["running", "running", "stopped"]
    assert project.instance("one")["pid"] == pid


@pytest.mark.parametrize("edited", ["udaemon.toml", "more.toml", "one.env", ".env"])
@pytest.mark.parametrize("verb", ["restart", "start"])
def test_who_starts_something_is_told_of_an_edit_that_is_not_in_effect(
    project: Project, verb: str, edited: str
) -> None:
    """Issue 9: `restart` after an edit used the old values without a word."""
    project.file("one.env", "COLOUR=red\n")
    project.file(".env", "UNUSED=1\n")
    project.file("more.toml", '[daemons.two]\ncommand = "sleep 1000"\n')
    project.manifest("""
        include = "more.toml"
        [daemons.one]
        command = "sleep 1000"
        env-file = "one.env"
    """)
    project.up()
    assert "changed since" not in project.run(verb, "one").stderr
    with (project.directory / edited).open("a") as file:
        file.write("# edited\n")

    said = project.run(verb, "one").stderr

    assert f"{edited} changed since it was read; udaemon apply puts it into effect" in said


@pytest.mark.parametrize("verb", [("up", "-d"), ("restart", "one"), ("stop", "one"), ("down",)])
def test_f59_talk_that_cannot_be_written_changes_nothing(project: Project, verb: tuple[str, ...]) -> None:
    project.manifest("""
        [daemons.one]
        command = "sleep 1000"
    """)
    if verb[0] != "up":
        project.up()
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [*UDAEMON, *verb],
            cwd=project.directory,
            env=project.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=full,
            timeout=PATIENCE,
            check=False,
        )
    assert done.returncode == 0
    if verb[0] in {"up", "restart"}:
        assert project.instance("one")["state"] == "running"
