"""Deaths: of daemons' supervisor, of the logger, in the middle of a rotation; and that nothing stays behind."""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest
from tests.process.log_rig import LogRig, bare, history, idle, numbered, numbers
from tests.process.project import PATIENCE

from udaemon.logs.log_target import LogTarget

if TYPE_CHECKING:
    from tests.process.conftest import Wait

ROOT = Path(__file__).parents[2]


def test_a_killed_logger_is_replaced_and_gets_the_pipes_back(rig: LogRig, tmp_path: Path) -> None:
    number, write = rig.open(LogTarget(path=str(tmp_path / "x.log"), timestamps=False, tagged=True))
    other, other_write = rig.open(bare(tmp_path / "y.log"))
    os.write(write, numbered(100))
    os.close(other_write)
    rig.until_ended(other)
    old = rig.link.pid
    assert old is not None
    os.kill(old, signal.SIGKILL)
    os.write(write, numbered(100, start=100))
    rig.until("the news", lambda: bool(rig.deaths))
    os.write(write, numbered(100, start=200))
    os.close(write)
    rig.until_ended(number)
    assert rig.link.pid not in (None, old)
    lines = [line.removeprefix(b"[0] ") for line in (tmp_path / "x.log").read_bytes().splitlines()]
    assert numbers(lines) == list(range(300))


def test_f90_a_stopped_logger_is_given_up_and_no_line_and_no_descriptor_is_lost(tmp_path: Path) -> None:
    """Restarts go on meanwhile, and each hands over a pipe with what names its process."""
    rig = LogRig(answer=1.0)

    def starts(first: int, count: int) -> list[int]:
        opened = []
        for n in range(first, first + count):
            number, write = rig.open(bare(tmp_path / "x.log"))
            rig.link.watch(number, own)
            os.write(write, numbered(1, start=n))
            os.close(write)
            opened.append(number)
        return opened

    own = os.pidfd_open(os.getpid())
    rig.until_ended(*starts(0, 1))
    before = len(os.listdir("/proc/self/fd"))
    old = rig.link.pid
    assert old is not None
    assert rig.link.deadline is None
    os.kill(old, signal.SIGSTOP)
    opened = starts(1, 60)
    assert rig.link.deadline is not None
    rig.until_ended(*opened)
    assert rig.link.pid not in (None, old)
    assert rig.deaths[0] == "the logger has not answered for 1 s and is killed"
    assert len(os.listdir("/proc/self/fd")) == before
    assert sorted(numbers((tmp_path / "x.log").read_bytes().splitlines())) == list(range(61))
    assert rig.link.deadline is None
    os.close(own)
    rig.close()


def test_f90_a_logger_that_is_stopped_while_nobody_asks_it_anything_is_given_up_too(tmp_path: Path) -> None:
    """Its writers would wait for ever: the kernel tells by SIGCHLD."""
    rig = LogRig(answer=1.0)
    number, write = rig.open(bare(tmp_path / "x.log"))
    rig.until("an answer", lambda: rig.link.deadline is None)
    old = rig.link.pid
    assert old is not None
    os.kill(old, signal.SIGSTOP)
    os.write(write, b"in time\n")
    os.close(write)
    rig.until_ended(number)
    assert rig.link.pid != old
    assert (tmp_path / "x.log").read_bytes() == b"in time\n"
    rig.close()


def test_f90_a_logger_that_goes_on_in_time_is_kept(tmp_path: Path) -> None:
    rig = LogRig(answer=3.0)
    number, write = rig.open(bare(tmp_path / "x.log"))
    rig.until("an answer", lambda: rig.link.deadline is None)
    old = rig.link.pid
    assert old is not None
    os.kill(old, signal.SIGSTOP)
    rig.until("word of it", lambda: rig.link.deadline is not None)
    os.kill(old, signal.SIGCONT)
    rig.until("word of its going on", lambda: rig.link.deadline is None)
    os.write(write, b"a line\n")
    os.close(write)
    rig.until_ended(number)
    assert (rig.link.pid, rig.deaths) == (old, [])
    rig.close()


KILLED = """
import os, sys
from udaemon.logs.files import RotatingFile
path, step = sys.argv[1:]
rotations = 0
def hook(at):
    global rotations
    rotations += at == "take the new one"
    if rotations >= 4 and at == step:
        os.kill(os.getpid(), 9)
file = RotatingFile(path, max_size=1000, backups=3, note=str.encode, hook=hook)
for n in range(1000):
    os.write(1, b"%d\\n" % n)
    file.write(b"%09d %s\\n" % (n, b"." * 89))
"""


@pytest.mark.parametrize("step", ["drop the oldest", "shift 2", "shift 1", "set aside", "take the new one"])
def test_f28_a_kill_in_a_rotation_loses_nothing_and_doubles_nothing(rig: LogRig, tmp_path: Path, step: str) -> None:
    path = tmp_path / "x.log"
    killed = subprocess.run([sys.executable, "-c", KILLED, path, step], stdout=subprocess.PIPE, check=False, timeout=30)
    assert killed.returncode == -signal.SIGKILL
    begun = len(killed.stdout.splitlines())
    number, write = rig.open(bare(path, max_size=1000, backups=3))
    os.write(write, numbered(3, start=begun))
    os.close(write)
    rig.until_ended(number)
    found = numbers(history(path).splitlines())
    assert found == list(range(found[0], begun + 3))
    assert len(found) > 30
    assert sorted(os.listdir(tmp_path)) == ["x.log", "x.log.1", "x.log.2", "x.log.3"]


def test_signals_for_everybody_do_not_end_the_logger(rig: LogRig, tmp_path: Path) -> None:
    number, write = rig.open(bare(tmp_path / "x.log"))
    assert rig.link.pid is not None
    for name in ("SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT"):
        os.kill(rig.link.pid, signal.Signals[name])
    os.write(write, b"still here\n")
    os.close(write)
    rig.until_ended(number)
    assert (rig.deaths, (tmp_path / "x.log").read_bytes()) == ([], b"still here\n")


def test_i22_an_idle_logger_makes_no_wake_ups(rig: LogRig, tmp_path: Path) -> None:
    number, write = rig.open(bare(tmp_path / "x.log"))
    other, other_write = rig.open(bare(tmp_path / "y.log"))
    os.close(other_write)
    rig.until_ended(other)
    assert rig.link.pid is not None
    process = psutil.Process(rig.link.pid)
    assert idle(rig.loop, 0.3)
    before = process.num_ctx_switches()
    assert idle(rig.loop, 1.5)
    after = process.num_ctx_switches()
    os.close(write)
    rig.until_ended(number)
    assert after == before


def test_i7_fds_are_back_to_where_they_were_when_all_pipes_have_ended(rig: LogRig, tmp_path: Path) -> None:
    def fds() -> tuple[int, int]:
        assert rig.link.pid is not None
        return len(os.listdir("/proc/self/fd")), len(os.listdir(f"/proc/{rig.link.pid}/fd"))

    def round_trip(count: int) -> None:
        opened = []
        for n in range(count):
            number, write = rig.open(bare(tmp_path / f"{n % 7}.log", tagged=True, instance=n))
            process = subprocess.Popen(["true"], stdout=write)
            pidfd = os.pidfd_open(process.pid)
            rig.link.watch(number, pidfd)
            os.write(write, b"a line\n")
            process.wait(5)
            os.close(pidfd)
            os.close(write)
            opened.append(number)
        rig.until_ended(*opened)
        for _ in range(2):  # by now the logger has been told of each death, and then has seen it
            number, write = rig.open(bare(tmp_path / "0.log"))
            os.close(write)
            rig.until_ended(number)

    round_trip(1)
    gc.collect()  # what tests before left to it is not this one's
    before = fds()
    round_trip(60)
    assert fds() == before
    lines = [line for n in range(7) for line in (tmp_path / f"{n}.log").read_bytes().splitlines()]
    assert len(lines) == 61


SUPERVISOR = """
import json, os, sys
from pathlib import Path
from tests.process.log_rig import LogRig
from tests.process.project import PATIENCE
from udaemon.logs.log_target import LogTarget
import subprocess
rig = LogRig()
pids = []
for n, code in enumerate(json.loads(sys.argv[2])):
    number, write = rig.open(LogTarget(path=f"{sys.argv[1]}/{n}.log", timestamps=False))
    process = subprocess.Popen([sys.executable, "-c", code], stdout=write, stdin=0, start_new_session=True)
    os.close(write)
    rig.link.watch(number, os.pidfd_open(process.pid))
    pids.append(process.pid)
other, write = rig.open(LogTarget(path=f"{sys.argv[1]}/other.log"))
os.close(write)
rig.until_ended(other)
print(json.dumps({"pids": pids, "logger": rig.link.pid}), flush=True)
os.read(0, 1)
"""
FOLLOWED = """
import os, sys, time
if os.fork() == 0:
    os.setpgid(0, 0)
os.write(1, b"%d\\n" % os.getpid())
while True:
    time.sleep(0.05)
    os.write(1, b"tick\\n")
"""


def test_f1_daemons_of_a_dead_supervisor_are_ended_and_written_to_the_last_word(tmp_path: Path, wait: Wait) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SUPERVISOR, str(tmp_path), json.dumps([FOLLOWED, "import time; time.sleep(0.2)"])],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
    ) as supervisor:
        assert supervisor.stdout is not None
        told = json.loads(supervisor.stdout.readline())
        logger = os.pidfd_open(told["logger"])
        leader = os.pidfd_open(told["pids"][0])
        supervisor.kill()
        since = time.monotonic()
        wait([leader], timeout=PATIENCE, what="the daemon's death")
        died = time.monotonic() - since
        wait([logger], timeout=PATIENCE, what="the logger's leave")
        os.close(logger)
        os.close(leader)
    lines = (tmp_path / "0.log").read_text().splitlines()
    members = [int(line) for line in lines if line.isdigit()]
    assert died > 1.0, "it had no time to leave by itself"
    assert len(members) == 2
    assert [pid for pid in members if psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie"] == []
