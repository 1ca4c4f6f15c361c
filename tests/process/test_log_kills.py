"""Loggers killed at random moments, while numbered lines come as fast as they can: each is in the log once, in order.

LOG_SEED repeats a run; it is told with each failure.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.process.log_rig import LogRig, bare, history, idle, numbers
from tests.process.project import PATIENCE, Project
from tests.process.test_log_full import ROOT, UNSHARE, may_mount
from tests.process.test_supervisor import helpers

SEED = int(os.environ.get("LOG_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
WRITER = """
import os, sys
stop, n = int(sys.argv[1]), 0
os.set_blocking(stop, False)
while True:
    if n % 50 == 0:
        try:
            os.read(stop, 1)
            break
        except BlockingIOError:
            pass
    os.write(1, b"%09d %s\\n" % (n, b"." * (n * 7 % 180)))
    n += 1
print("end", n, flush=True)
"""


def kill_at_random(rig: LogRig, chance: random.Random, kills: int) -> None:
    """Kill so many loggers, every other one after it was stopped."""
    for kill in range(kills):
        rig.until("a logger", lambda: rig.link.pid is not None)
        idle(rig.loop, chance.random() * 0.05)
        pid, deaths = rig.link.pid, len(rig.deaths)
        assert pid is not None
        if kill % 2:
            os.kill(pid, signal.SIGSTOP)
        os.kill(pid, signal.SIGKILL)
        rig.until("its death", lambda: len(rig.deaths) > deaths)  # noqa: B023


def flood_and_kill(path: Path, kills: int, **keys: object) -> None:
    rig = LogRig()
    number, write = rig.open(bare(path, **keys))
    stop, told = os.pipe()
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(stop)], stdout=write, pass_fds=[stop])
    os.close(write)
    kill_at_random(rig, random.Random(SEED), kills)
    os.write(told, b"!")
    rig.until_ended(number, timeout=30)
    assert writer.wait(10) == 0
    os.close(stop)
    os.close(told)
    rig.close()
    assert rig.lost == []
    *lines, end = history(path).splitlines()
    assert numbers(lines) == list(range(int(end.split()[1]))), SEED
    assert [line for line in lines if len(line) != 10 + int(line[:9]) * 7 % 180] == [], SEED


def test_f93_killed_loggers_lose_and_double_nothing(tmp_path: Path) -> None:
    flood_and_kill(tmp_path / "x.log", 3)


def test_f93_f28_nor_do_those_that_rotate_all_the_time(tmp_path: Path) -> None:
    flood_and_kill(tmp_path / "x.log", 3, max_size=1_000_000, backups=99)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("keys", [{}, {"max_size": 4_000_000, "backups": 99}], ids=["plain", "rotated"])
def test_f93_fifty_killed_loggers_lose_and_double_nothing(tmp_path: Path, keys: dict[str, object]) -> None:
    flood_and_kill(tmp_path / "x.log", 50, **keys)


@pytest.mark.parametrize("policy", ["block", "drop"])
def test_f93_f20_a_logger_killed_while_its_disk_is_full_loses_nothing_in_silence(tmp_path: Path, policy: str) -> None:
    if not may_mount():
        pytest.skip("the kernel gives no mount namespace, so there is no small disk")
    command = [*UNSHARE, sys.executable, "-m", "tests.process.log_disk", str(tmp_path), policy, "kill"]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True, timeout=60)
    seen = json.loads(done.stdout)
    kept, dropped = seen["numbers"], sum(int(mark.split()[1]) for mark in seen["marks"])
    assert sorted(set(kept)) == kept
    assert len(kept) + dropped == seen["lines"]
    assert seen["others"] == []
    assert (dropped > 0) == (policy == "drop")


def logger_of(supervisor: int) -> int:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # a child that has just been reaped
            if found := helpers(supervisor, "udaemon.logs.logger_main"):
                return found[0]
        select.select([], [], [], 0.05)  # nobody tells when there is one again
    raise AssertionError("no logger came back")


def test_f93_a_logger_killed_under_a_real_supervisor(project: Project) -> None:
    project.file("writer.py", "import os\nfor n in range(60_000): os.write(1, b'%09d\\n' % n)\n")
    project.manifest(
        f"""
        [daemons.numbers]
        command = ["{sys.executable}", "writer.py"]
        restart = "never"
        log.max-size = "100K"
        log.backups = 50
        log.timestamps = false
        """
    )
    project.up()
    supervisor = project.ps()["supervisor"]["pid"]
    for signals in ([signal.SIGKILL], [signal.SIGSTOP, signal.SIGKILL]):
        pidfd = os.pidfd_open(logger_of(supervisor))
        for number in signals:  # nothing after a KILL: the supervisor may have reaped it already
            signal.pidfd_send_signal(pidfd, number)
        assert select.select([pidfd], [], [], PATIENCE)[0]
        os.close(pidfd)
    project.until("numbers", lambda one: one["state"] == "exited")
    log = project.directory / project.instance("numbers")["log"]
    project.down()
    assert numbers(history(log).splitlines()) == list(range(60_000))
