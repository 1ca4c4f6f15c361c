"""Waits that are longer than a system call can wait: 24 d 20 h 31 m 23 s for epoll and poll."""

from __future__ import annotations

import multiprocessing
import signal
import time
from collections.abc import Callable

import pytest
from tests.process.conftest import Bell
from tests.process.project import PATIENCE, Project, read_line

from udaemon.engines.zygote.context import ZygoteContext


def test_a_cooldown_of_thirty_days_is_waited_for(project: Project) -> None:
    project.manifest("""
        [daemons.crash]
        command = "false"
        restart = "always"
        start-limit = { count = 1, window = "1m", then = "cooldown 30d" }

        [daemons.steady]
        command = "sleep 1000"
    """)
    project.run("up", "-d")
    seen = project.until("crash", lambda seen: seen["state"] == "backoff" and seen["next_attempt_at"] is not None)
    assert seen["exit"]["code"] == 1
    assert project.instance("steady")["state"] == "running"
    project.down()


@pytest.mark.parametrize("verb", [("stop", "-t", "25d", "slow"), ("down", "-t", "3000d"), ("stop", "slow")], ids=str)
def test_a_stop_may_take_25_days(project: Project, bell: Callable[[str], Bell], verb: tuple[str, ...]) -> None:
    asked, go = bell("asked"), bell("go")
    project.file("slow.sh", f"trap 'echo asked > {asked.path}; read line < {go.path}; exit 0' TERM; echo up > "
                 f"{asked.path}; while :; do sleep 0.05; done")  # fmt: skip
    project.manifest("""
        [daemons.slow]
        command = "sh slow.sh"
        stop.timeout = "25d"
    """)
    project.up()
    assert asked.lines(1) == ["up"]
    with project.process(*verb) as stop:
        assert asked.lines(1) == ["asked"]
        assert project.instance("slow")["state"] == "stopping"
        go.path.write_text("go\n")
        _, told = stop.communicate(timeout=PATIENCE)
    assert (stop.returncode, "slow/0 stopped" in told) == (0, True)


def test_a_client_may_wait_for_25_days(project: Project) -> None:
    project.manifest("""
        [daemons.slow]
        command = "sleep 1000"
    """)
    project.up()
    with project.process("wait", "slow@stopped", "--timeout", "25d") as waiting:
        with project.process("events", "-f", "--json") as events:
            assert events.stdout is not None
            assert read_line(events.stdout.fileno(), time.monotonic() + PATIENCE)
        assert project.instance("slow")["state"] == "running"
        project.run("stop", "slow", "--wait-timeout", "3000d")
        waiting.communicate(timeout=PATIENCE)
    assert waiting.returncode == 0


def test_a_process_may_be_joined_for_a_month() -> None:
    context = ZygoteContext()
    here, there = multiprocessing.Pipe()
    process = context.Process(target=here.recv)
    process.start()
    there.send("go")
    process.join(31 * 86400.0)
    assert process.exitcode == 0
    process.close()
    hung = context.Process(target=signal.pause)
    hung.start()
    hung.join(0.01)
    assert hung.exitcode is None
    hung.kill()
    hung.join()
    hung.close()
    context.close()
    here.close()
    there.close()
