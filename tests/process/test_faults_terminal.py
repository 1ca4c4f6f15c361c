"""`up` and the other verbs with a caller's streams closed, broken or hung up: F59, I20."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest
from tests.process.project import PATIENCE, UDAEMON, Project, gone, read_line

from udaemon.child.echoes import ECHO

CHATTY = """
    [daemons.chatty]
    command = ["sh", "-c", "while :; do echo hello; sleep 0.05; done"]
"""


def shell(project: Project, script: str) -> subprocess.CompletedProcess[str]:
    """Run a line of shell in which `udaemon` is this one."""
    return subprocess.run(
        ["/bin/bash", "-c", f'udaemon() {{ "{sys.executable}" -m udaemon "$@"; }}\n{script}'],
        cwd=project.directory,
        env=project.environ,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def test_nothing_of_a_background_project_holds_the_streams_of_its_caller(project: Project) -> None:
    """A pipeline ends only when the last process that has its pipe has let go of it."""
    project.manifest(CHATTY)
    done = shell(project, "udaemon up -d 2>&1 | cat; udaemon restart chatty 2>&1 | cat")
    assert "supervised by pid" in done.stdout
    assert "chatty/0 restarted" in done.stdout


@pytest.mark.parametrize("closed", ["2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_f59_verbs_work_with_closed_streams(project: Project, closed: str) -> None:
    project.manifest(CHATTY)
    assert shell(project, f"udaemon up -d {closed}").returncode == 0
    assert project.instance("chatty")["state"] == "running"
    assert shell(project, f"udaemon restart chatty {closed}").returncode == 0
    assert project.instance("chatty")["state"] == "running"
    assert shell(project, f"udaemon down {closed}").returncode == 0
    assert project.run_directories() == []


def test_f59_a_manifest_from_a_closed_standard_input_declares_nothing(project: Project) -> None:
    for script in ("udaemon -f - check <&-", "udaemon check - <&-"):
        done = shell(project, script)
        assert (done.returncode, done.stderr) == (1, "")
        assert done.stdout.startswith("-: error[no-daemons]: daemons: declares no daemon\n")


def test_f59_who_wants_one_line_of_the_logs_ends_the_foreground(project: Project) -> None:
    project.manifest(CHATTY)
    done = shell(project, "udaemon up | head -n 1; echo ${PIPESTATUS[0]}")
    assert done.stdout.splitlines()[1:] == ["0"]
    assert "hello" in done.stdout
    assert project.run_directories() == []


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM, signal.SIGINT])
def test_a_foreground_that_is_told_to_go_takes_everything_with_it(project: Project, number: signal.Signals) -> None:
    project.manifest(CHATTY)
    with project.process("up") as up:
        assert up.stderr is not None
        read_line(up.stderr.fileno(), time.monotonic() + PATIENCE)
        told = project.ps()
        os.kill(up.pid, number)
        assert gone([told["supervisor"]["pid"], *(one["pid"] for one in told["instances"])], patience=5.0)
        codes = {signal.SIGHUP: -signal.SIGHUP, signal.SIGTERM: 0, signal.SIGINT: 130}
        assert up.wait(PATIENCE) == codes[number]
    assert project.run_directories() == []


def test_two_interrupts_kill_what_does_not_stop(project: Project) -> None:
    project.manifest("""
        [daemons.deaf]
        command = ["sh", "-c", "trap '' TERM; echo ready; while :; do sleep 1000; done"]
        stop = { timeout = "1h" }
    """)
    with subprocess.Popen(
        [*UDAEMON, "up"],
        cwd=project.directory,
        env=project.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as up:
        assert up.stdout is not None
        assert up.stderr is not None
        deadline = time.monotonic() + PATIENCE
        assert "ready" in read_line(up.stdout.fileno(), deadline)
        up.send_signal(signal.SIGINT)
        while "deaf/0 stopping" not in read_line(up.stderr.fileno(), deadline):
            if project.instance("deaf")["state"] == "stopping":
                break
        up.send_signal(signal.SIGINT)  # at once: it may be the same one, passed on by a parent
        with pytest.raises(subprocess.TimeoutExpired):
            up.wait(ECHO)
        up.send_signal(signal.SIGINT)
        up.communicate(timeout=PATIENCE)
    assert up.returncode == 130
    assert project.run_directories() == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_foreground_that_is_told_to_go_while_it_starts_waits_for_the_end_of_all(
    project: Project, number: signal.Signals
) -> None:
    """As soon as a daemon runs somebody may stop `up`, also before that listens to its supervisor."""
    project.manifest(f"""
        [daemons.first]
        command = "read up < who; kill -{number.name[3:]} $up; exec sleep 1000"
        shell = true
    """)
    os.mkfifo(project.directory / "who")
    who = os.open(project.directory / "who", os.O_RDWR)
    with project.process("up") as up:
        os.write(who, f"{up.pid}\n".encode())
        assert up.wait(PATIENCE) == (0 if number == signal.SIGTERM else 130)
    assert project.run_directories() == []
    os.close(who)
