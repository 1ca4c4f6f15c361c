"""`log.format = "legacy"`: whole files as ustream/daemon wrote them, pids and times apart."""

from __future__ import annotations

import os
import re
from pathlib import Path

from tests.process.log_rig import LogRig, idle
from tests.process.project import Project

from udaemon.logs.log_target import LogTarget

TIME = re.compile(r"^\d\d/\d\d/\d{4} \d\d:\d\d:\d\d ", re.MULTILINE)


def plain(text: str, *pids: int) -> str:
    """The text with fixed times, and the pids by their places among `pids`."""
    text = TIME.sub("MM/DD/YYYY HH:MM:SS ", text)
    for place, pid in enumerate(pids):
        text = re.sub(rf"\b{pid}\b", f"PID{place}", text)
    return text


JOBS = """
    import udaemon

    def create(context):
        def task():
            print(f"copy {context.instance} says hello")
            print("and goes on")
            raise udaemon.StopTask
        return task
"""
MANIFEST = """
    project = "shop"
    context = "production"
    run-dir = "run"

    [defaults]
    log-dir = "log"
    common-log = "log/daemon_util.log"
    log.format = "legacy"
    restart = "never"

    [daemons.hello]
    factory = "jobs:create"

    [daemons.lists]
    command = ["sh", "-c", "echo from a command"]

    [daemons.pair]
    factory = "jobs:create"
    instances = 2
"""


def test_whole_files_are_the_librarys(project: Project) -> None:
    project.file("jobs.py", JOBS)
    project.manifest(MANIFEST)
    project.run("up", "-d")
    for name in ("hello", "lists"):
        project.until(name, lambda seen: seen["state"] == "exited")
    project.until("pair", lambda _: all(one["state"] == "exited" for one in project.instances()))
    supervisor = project.ps()["supervisor"]["pid"]
    project.down()
    shown = project.run("logs").stdout

    log = project.directory / "log"
    common = (log / "daemon_util.log").read_text()
    pids = {
        name: int(pid)
        for name, pid in re.findall(r"Creating pid file! pidfileLocation: \S+/run/(\S+)\.pid \| Pid is (\d+)", common)
    }
    hello, lists = pids["hello-production"], pids["lists-production"]
    assert plain((log / "hello-production.log").read_text(), hello) == (
        "MM/DD/YYYY HH:MM:SS p [PID0] copy 0 says hello\nMM/DD/YYYY HH:MM:SS p [PID0] and goes on\n"
    )
    assert plain((log / "lists-production.log").read_text(), lists) == "MM/DD/YYYY HH:MM:SS p [PID0] from a command\n"
    copies = plain((log / "pair-production.log").read_text(), pids["pair-production-0"], pids["pair-production-1"])
    assert sorted(copies.splitlines()) == [
        f"MM/DD/YYYY HH:MM:SS p [PID{n}] {n}> {text}"
        for n in (0, 1)
        for text in ("and goes on", f"copy {n} says hello")
    ]
    assert sorted(shown.splitlines()) == [
        "hello/0 | and goes on",
        "hello/0 | copy 0 says hello",
        "lists/0 | from a command",
        "pair/0  | and goes on",
        "pair/0  | copy 0 says hello",
        "pair/1  | and goes on",
        "pair/1  | copy 1 says hello",
    ]
    assert common.count(f" - P- [{supervisor}] - Daemon created.\n") == 4
    assert life(common, "hello", hello, supervisor, str(project.directory)) == HELLO


HELLO = """\
- P- [US] - fork called. child pid: PID.
- C- [PID] - fork called.
- C- [PID] - Creating pid file! pidfileLocation: HERE/run/hello-production.pid | Pid is PID.
- P- [US] - hello/0 ready: its task is built
- C- [PID] - releaseDaemon called.
- C- [PID] - releaseDaemon unlinking pidFile! pidfileLocation: HERE/run/hello-production.pid | Pid is PID.
- P- [US] - hello/0 exited: exit code 0
"""


def life(common: str, name: str, pid: int, supervisor: int, here: str) -> str:
    """The entries of one daemon in the common log. Each is followed by dashes, the supervisor's own lines are not."""
    entries = re.findall(r"^\d\d/\d\d/\d{4} \d\d:\d\d:\d\d (- .*\n)-{20}\n", common, re.MULTILINE)
    ours = [entry for entry in entries if re.search(rf"\b{pid}\b|{name}", entry)]
    text = "".join(ours).replace(here, "HERE").replace(f"[{supervisor}]", "[US]")
    return re.sub(rf"\b{pid}\b", "PID", text)


def test_each_line_names_its_writer_however_soon_that_has_gone(project: Project) -> None:
    project.file("jobs.py", "import os, udaemon\ndef once(): print(os.getpid()); raise udaemon.StopTask\n")
    project.manifest("""
        [defaults]
        log-dir = "log"
        log.format = "legacy"
        instances = 40
        restart = "never"
        [daemons.forked]
        task = "jobs:once"
        [daemons.executed]
        command = "echo $$$$"
        shell = true
    """)
    project.run("up", "-d")
    project.until("forked", lambda _: all(one["state"] == "exited" for one in project.instances()))
    project.down()

    for name in ("forked", "executed"):
        lines = (project.directory / "log" / f"{name}.log").read_text().splitlines()
        found = [re.fullmatch(r"\d\d/\d\d/\d{4} [\d:]{8} p \[(\d+)\] (\d+)> (\d+)", line) for line in lines]
        assert all(one is not None and one[1] == one[3] for one in found), lines
        assert sorted(int(one[2]) for one in found if one is not None) == list(range(40))


def test_lines_wait_for_the_pid_of_who_wrote_them(rig: LogRig, tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    number, write = rig.open(LogTarget(path=str(path), format="legacy"))
    os.write(write, b"first words\n")
    os.close(write)
    assert idle(rig.loop, 0.05), "its end is not told before it is written"

    rig.link.spawned(number, 4711)
    rig.until_ended(number)

    assert plain(path.read_text()) == "MM/DD/YYYY HH:MM:SS p [4711] first words\n"


def test_a_pipe_nobody_was_born_for_ends(rig: LogRig, tmp_path: Path) -> None:
    number, write = rig.open(LogTarget(path=str(tmp_path / "x.log"), format="legacy"))
    os.close(write)
    rig.link.spawned(number, 0)
    rig.until_ended(number)

    assert (tmp_path / "x.log").read_bytes() == b""


def test_a_new_logger_is_told_the_pid_again(rig: LogRig, tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    number, write = rig.open(LogTarget(path=str(path), format="legacy"))
    rig.link.spawned(number, 4711)
    assert rig.link.pid is not None
    os.kill(rig.link.pid, 9)
    rig.until("the news", lambda: bool(rig.deaths))
    os.write(write, b"on we go\n")
    os.close(write)
    rig.until_ended(number)

    assert plain(path.read_text()) == "MM/DD/YYYY HH:MM:SS p [4711] on we go\n"


def test_words_of_a_process_that_nobody_named_are_written_at_the_end(tmp_path: Path) -> None:
    rig = LogRig()
    path = tmp_path / "x.log"
    _, write = rig.open(LogTarget(path=str(path), format="legacy"))
    os.write(write, b"who am I\n")
    os.close(write)
    rig.close()

    assert plain(path.read_text()) == "MM/DD/YYYY HH:MM:SS p [0] who am I\n"
