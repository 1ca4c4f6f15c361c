"""Kills of our own processes at the worst moment, and what must be true afterwards (FAULTS, I23)."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
from tests.process.conftest import descendants, wait_for_ends
from tests.process.project import PATIENCE, Project, read_line
from tests.process.test_supervisor import helpers


def test_i23_commands_die_with_a_supervisor_that_is_killed_while_it_starts_them(project: Project) -> None:
    """Its logger knows none of them by name yet; it finds them by their log pipes."""
    project.manifest("".join(f'[daemons.c{n}]\ncommand = "sleep 1000"\n\n' for n in range(60)))
    with project.process("up") as up:  # under -d there would be another supervisor, once the first had stood
        supervisor = started_by(project)
        begun = [pid for pid in children(supervisor, at_least=30) if pid != supervisor]
        os.kill(supervisor, signal.SIGKILL)
        up.communicate(timeout=PATIENCE)

    assert len(begun) >= 30
    assert up.returncode == 1
    left = descendants([str(project.directory)], {os.getpid()})
    assert wait_for_ends(left, timeout=5.0) == []


@pytest.mark.parametrize("number", [signal.SIGSTOP, signal.SIGKILL])
def test_i5_a_logger_that_is_stopped_or_killed_before_the_end_loses_no_line(project: Project, number: int) -> None:
    project.file(
        "count.py",
        """
        import udaemon

        def create(context: udaemon.TaskContext):
            return lambda: print("line", context.run_id, flush=True)
        """,
    )
    project.manifest("""
        [daemons.count]
        factory = "count:create"
        sleep = "1ms"
    """)
    project.up()
    (logger,) = helpers(project.ps()["supervisor"]["pid"], "udaemon.logs.logger_main")
    os.kill(logger, signal.SIGSTOP)
    project.until("count", lambda seen: seen["runs"]["count"] > 50)
    project.run("stop", "count")
    ran = project.instance("count")["runs"]["count"]
    if number != signal.SIGSTOP:
        os.kill(logger, number)
    project.down()

    log = (project.state / "udaemon" / project.directory.name / "log" / "count.log").read_text()
    numbers = [int(line.rpartition(" ")[2]) for line in log.splitlines() if " line " in line]
    assert numbers == sorted(set(numbers))
    if number == signal.SIGSTOP:
        assert numbers == list(range(1, ran + 1))
    else:
        assert ran - len(numbers) <= 10, "only what it had in hand when it was stopped"


def started_by(project: Project) -> int:
    """The supervisor's pid as soon as it has written it: nothing tells a stranger, so its file is looked at again."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        for path in project.runtime.glob("udaemon/*/supervisor.pid"):
            if text := path.read_text():
                return int(text)
    raise AssertionError("no supervisor came")


def children(pid: int, at_least: int) -> list[int]:
    """Its children, once there are so many of them."""
    deadline = time.monotonic() + PATIENCE
    found: list[int] = []
    while len(found) < at_least and time.monotonic() < deadline:
        found = [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return found


def test_f5_a_supervisor_that_was_stopped_judges_nobody_late(project: Project) -> None:
    """Deadlines that passed meanwhile come after what happened meanwhile: a stop in time is no kill."""
    project.file("quiet.sh", "trap 'exit 0' TERM; echo ready; while :; do sleep 0.1; done")
    project.manifest("""
        [daemons.quiet]
        command = "sh quiet.sh"
        stop = { timeout = "1s" }
        restart = "always"
    """)
    project.up()
    supervisor = project.ps()["supervisor"]["pid"]
    with project.process("events", "-f", "--json") as events, project.process("stop", "quiet") as stop:
        assert events.stdout is not None
        deadline = time.monotonic() + PATIENCE
        while "stopping" not in read_line(events.stdout.fileno(), deadline):
            pass
        os.kill(supervisor, signal.SIGSTOP)
        try:
            signal.sigtimedwait([signal.SIGUSR2], 1.5)  # nothing sends it: this is the time that passes
        finally:
            os.kill(supervisor, signal.SIGCONT)
        assert stop.wait(PATIENCE) == 0

    seen = project.instance("quiet")
    assert (seen["state"], seen["exit"]["code"], seen["exit"]["reason"]) == ("stopped", 0, "stopped")
