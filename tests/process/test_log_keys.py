"""`log.file`, `log.stderr` and `log.mode` in a project that runs."""

from __future__ import annotations

import json
import os
import select
import signal
import stat
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.process.project import PATIENCE, Project, alive, read_line

from udaemon.logs.rotation import backup
from udaemon.logs.watch import Watch

BOTH = "echo said 1; echo wrong 1 >&2; echo said 2; echo wrong 2 >&2; exec sleep 1000"
TASK = """
    import os, sys, time
    def create():
        print("said by", os.environ["UDAEMON_INSTANCE"])
        sys.stderr.write("wrong\\n")
        os.write(2, b"raw\\n")
        return lambda: time.sleep(0.01)
"""


def texts(path: Path) -> list[str]:
    """The lines of a log without their times; empty while there is none."""
    lines = path.read_text().splitlines() if path.exists() else []
    return [line.partition(" ")[2] for line in lines]


def until(directory: Path, holds: Callable[[], bool]) -> None:
    """Wait until something holds, looked at anew after each change of a file in a directory."""
    watch = Watch([str(directory)])
    deadline = time.monotonic() + PATIENCE
    try:
        while True:
            watch.clear()
            if holds():
                return
            come, _, _ = select.select([watch], [], [], max(0.0, deadline - time.monotonic()))
            assert come, sorted(file.name for file in directory.iterdir())
    finally:
        watch.close()


def until_texts(path: Path, *wanted: str) -> None:
    """Wait until a log has these lines."""
    until(path.parent, lambda: texts(path) == list(wanted))


def files(project: Project, directory: str = "log") -> set[str]:
    return {file.name for file in (project.directory / directory).iterdir()} - {"_common.log"}


@pytest.mark.parametrize("start", ["", 'start-method = "spawn"'])
def test_stderr_of_a_task_is_apart(project: Project, start: str) -> None:
    project.file("jobs.py", TASK)
    project.manifest(f"""
        [defaults]
        log-dir = "log"
        [daemons.web]
        factory = "jobs:create"
        sleep = "1h"
        log = {{ stderr = "separate" }}
        {start}
    """)
    project.up()
    log = project.directory / "log"
    until_texts(log / "web.log", "said by 0")
    until_texts(log / "web.err.log", "wrong", "raw")
    assert project.instance("web")["log"] == str(log / "web.log")
    fds = {os.readlink(f"/proc/{project.instance('web')['pid']}/fd/{fd}") for fd in (1, 2)}
    assert len(fds) == 2
    project.down()


def test_stderr_of_a_command_is_apart_and_logs_shows_both_by_time(project: Project) -> None:
    project.manifest(f"""
        [defaults]
        log-dir = "log"
        [daemons.web]
        command = ["sh", "-c", "{BOTH}"]
        log = {{ stderr = "separate", file = "w-${{UDAEMON_INSTANCE}}.log" }}
        instances = 2
        [daemons.other]
        command = ["sh", "-c", "exec sleep 1000"]
    """)
    project.up()
    log = project.directory / "log"
    for index in (0, 1):
        until_texts(log / f"w-{index}.log", "said 1", "said 2")
        until_texts(log / f"w-{index}.err.log", "wrong 1", "wrong 2")
    assert files(project) - {"other.log"} == {"w-0.log", "w-0.err.log", "w-1.log", "w-1.err.log"}
    shown = project.run("logs", "web").stdout.splitlines()
    assert sorted(shown) == sorted(
        f"web/{n} | {text} {m}" for n in (0, 1) for text in ("said", "wrong") for m in (1, 2)
    )
    stamped = project.run("logs", "-t", "web").stdout.splitlines()
    times = [line.split(" | ")[1].split()[0] for line in stamped]
    assert times == sorted(times)
    assert len(project.run("logs", "-n", "3", "web").stdout.splitlines()) == 3  # of the daemon, not of each file
    assert project.run("logs", "web/1").stdout.count("web/1") == 4
    card = project.run("status", "web/1").stdout
    assert "wrong 2" in card
    assert project.instance("web", 1)["log"] == str(log / "w-1.log")
    project.down()
    again = project.run("logs", "web").stdout.splitlines()  # by the manifest, with no supervisor
    assert sorted(again) == sorted(shown)


def test_up_in_the_foreground_shows_both(project: Project) -> None:
    project.manifest(f"""
        [daemons.web]
        command = ["sh", "-c", "{BOTH.replace("exec sleep 1000", "exit 0")}"]
        restart = "never"
        log = {{ stderr = "separate" }}
    """)
    with project.process("up") as up:
        assert up.stdout is not None
        deadline = time.monotonic() + PATIENCE
        shown: list[str] = []
        while len(shown) < 4:
            line = read_line(up.stdout.fileno(), deadline).strip()
            shown += [line] if "|" in line else []
    assert sorted(shown) == ["web/0 | said 1", "web/0 | said 2", "web/0 | wrong 1", "web/0 | wrong 2"]


def test_f93_neither_file_loses_a_line_to_a_killed_logger_or_supervisor(project: Project) -> None:
    project.manifest("""
        [daemons.web]
        command = ["sh", "-c", '''i=0; while [ $i -lt 400 ]; do i=$((i+1)); echo out $i; echo err $i >&2; done
                                 echo all; echo all >&2; exec sleep 1000''']
        log-dir = "log"
        log = { stderr = "separate", max-size = "1K", backups = 100, timestamps = false }
    """)
    project.up()
    supervisor = project.ps()["supervisor"]["pid"]
    pid = project.instance("web")["pid"]
    for _ in range(3):
        for logger in loggers(project):
            os.kill(logger, signal.SIGKILL)
    os.kill(supervisor, signal.SIGKILL)
    log = project.directory / "log"
    until(log, lambda: all(whole(log / name).endswith("all\n") for name in ("web.log", "web.err.log")))
    for name, word in (("web.log", "out"), ("web.err.log", "err")):
        assert whole(log / name) == "".join(f"{word} {number}\n" for number in range(1, 401)) + "all\n"
        assert (log / f"{name}.1").exists()  # each has its own rotation
    project.until("web", lambda one: one["state"] == "running")
    assert alive(pid)
    assert project.instance("web")["pid"] == pid
    project.run("stop", "web")
    project.run("start", "web")
    project.down()


def whole(path: Path) -> str:
    """A log with its rotated files, the oldest first, without what the logger says itself."""
    names = [name for number in range(200, 0, -1) if (name := backup(str(path), number)) is not None]
    text = "".join(Path(name).read_text() for name in [*names, str(path)] if os.path.exists(name))
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith("udaemon:"))


def loggers(project: Project) -> list[int]:
    """The logger processes of this project, which know it by nothing but what they have open."""
    found = []
    for proc in Path("/proc").iterdir():
        try:
            if b"udaemon.logs.logger_main" not in (proc / "cmdline").read_bytes():
                continue
            opened = [os.readlink(fd) for fd in (proc / "fd").iterdir()]
        except OSError:
            continue
        if any(name.startswith(str(project.directory)) for name in opened):
            found.append(int(proc.name))
    return found


def test_f20_a_full_disk_of_stderr_shows_at_the_daemon(project: Project) -> None:
    (project.directory / "log").mkdir()
    (project.directory / "log/web.err.log").mkdir()  # stands for a file that cannot be written
    project.manifest(f"""
        [daemons.web]
        command = ["sh", "-c", "{BOTH}"]
        log-dir = "log"
        log = {{ stderr = "separate" }}
    """)
    project.up()
    project.until("web", lambda one: one["log_state"] == "blocked (not a regular file)")
    until_texts(project.directory / "log/web.log", "said 1", "said 2")  # the other file is written all the same
    (project.directory / "log/web.err.log").rmdir()
    project.until("web", lambda one: one["log_state"] == "ok")
    until_texts(project.directory / "log/web.err.log", "wrong 1", "wrong 2")
    project.down()


def test_another_file_is_taken_with_a_new_process(project: Project) -> None:
    text = """
        [daemons.web]
        command = ["sh", "-c", "echo here; exec sleep 1000"]
        log-dir = "log"
    """
    project.manifest(text)
    project.up()
    until_texts(project.directory / "log/web.log", "here")
    pid = project.instance("web")["pid"]
    project.manifest(text + '    log = { file = "other.log", stderr = "separate" }\n')
    assert "log.file" in project.run("diff").stdout
    project.run("apply")
    until_texts(project.directory / "log/other.log", "here")
    assert project.instance("web")["pid"] != pid
    assert texts(project.directory / "log/web.log") == ["here"]
    project.down()


def mode(path: Path) -> str:
    return f"{stat.S_IMODE(path.stat().st_mode):04o}"


def test_a_mode_holds_for_the_file_its_rotated_ones_and_at_once_when_it_changes(project: Project) -> None:
    old_umask = os.umask(0o077)
    try:
        text = """
            [daemons.web]
            command = ["sh", "-c", "while read line; do echo $line; done < pipe; exec sleep 1000"]
            log-dir = "log"
            log = { mode = "0664", max-size = "200", compress = true, timestamps = false }
        """
        os.mkfifo(project.directory / "pipe")
        project.manifest(text)
        project.up()
    finally:
        os.umask(old_umask)
    log = project.directory / "log"
    with (project.directory / "pipe").open("w") as pipe:
        print("x" * 150, file=pipe, flush=True)
        until(log, lambda: has(log / "web.log", "x"))
        print("y" * 150, file=pipe, flush=True)
        until(log, lambda: has(log / "web.log", "y"))
        until(log, (log / "web.log.1.gz").exists)
        assert {mode(file) for file in log.glob("web*")} == {"0664"}
        project.manifest(text.replace("0664", "0600"))
        project.run("apply")
        until(log, lambda: mode(log / "web.log") == "0600")
    project.down()


def has(path: Path, text: str) -> bool:
    return path.exists() and text in path.read_text()


def test_the_supervisor_tells_the_files_of_each_instance(project: Project) -> None:
    project.manifest("""
        [daemons.web]
        command = ["sleep", "1000"]
        log-dir = "log"
        instances = 2
        log = { file = "${UDAEMON_NAME}.${UDAEMON_INSTANCE}.log" }
    """)
    project.up()
    assert [Path(one["log"]).name for one in project.instances()] == ["web.0.log", "web.1.log"]
    shown = json.loads(project.run("config", "--format", "json").stdout)["daemons"]["web"]["log"]["file"]
    assert shown == f"{project.directory}/log/${{UDAEMON_NAME}}.${{UDAEMON_INSTANCE}}.log"
    project.down()
