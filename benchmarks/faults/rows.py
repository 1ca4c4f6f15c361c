"""The faults: each is done to one peer, and what came of it is a short text.

Knows no peer but by `Peer`. Times are those of this process's own clock.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress

from benchmarks.faults.peers import STOP, Peer
from benchmarks.faults.worker import LINES

PATIENCE = 20.0


def until(holds: Callable[[], object], patience: float = PATIENCE) -> bool:
    """Whether something holds within so many seconds."""
    deadline = time.monotonic() + patience
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def up(peer: Peer) -> None:
    """Have the daemon run."""
    peer.start()
    if not until(peer.copies):
        raise TimeoutError(f"{peer.name} has not started its daemon")
    time.sleep(1.0)  # a program that has just begun may not have its handlers yet


def supervisor_killed(peer: Peer) -> str:
    """KILL, six seconds, then a start as after a boot, where it has not come back by itself."""
    up(peer)
    (before,) = peer.copies()
    for pid in peer.supervisors():
        os.kill(pid, signal.SIGKILL)
    time.sleep(6.0)
    survived = before in peer.copies()
    if not peer.supervisors():
        peer.start()
    time.sleep(5.0)
    after = peer.copies()
    kept = "daemon lives on" if survived else "daemon ends with it"
    return f"{kept}; then {_copies(len(after))}{', the same one' if after == [before] else ''}"


def disk_full(peer: Peer) -> str:
    """6,000 lines of 100 bytes on a disk of 256 KiB, which gets room after three seconds."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k,mode=777", "tmpfs", peer.log], check=True)
    peer.prepare_log()
    peer.start()
    until(peer.copies)
    time.sleep(3.0)
    subprocess.run(["mount", "-o", "remount,size=16m", peer.log], check=True)
    until((peer.directory / "done").exists)
    time.sleep(2.0)
    return _lines(peer)


def bad_reload(peer: Peer) -> str:
    """The configuration is broken, and asked for."""
    up(peer)
    before = peer.copies()
    asked = peer.reload_broken()
    time.sleep(6.0)
    after = peer.copies()
    kept = "nothing changes" if after == before else "daemon restarted" if after else "daemon and supervisor are gone"
    return f"{kept} (`{asked}`)"


def forks_refused(peer: Peer) -> str:
    """For ten seconds each fork fails with EAGAIN, and the daemon is killed at their beginning."""
    up(peer)
    calls = "clone,clone3,fork,vfork"
    tracers = [
        subprocess.Popen(
            ["strace", "-f", "-qq", "-o", "/dev/null", "-p", str(pid), "-e", f"trace={calls}",
             "-e", f"inject={calls}:error=EAGAIN"], stderr=subprocess.DEVNULL,
        )
        for pid in peer.supervisors()
    ]  # fmt: skip
    time.sleep(1.0)
    for pid in peer.copies():
        os.kill(pid, signal.SIGKILL)
    time.sleep(10.0)
    for tracer in tracers:
        tracer.send_signal(signal.SIGINT)
        tracer.wait()
    begun = time.monotonic()
    if until(peer.copies, 30.0):
        return f"starts it {time.monotonic() - begun:.1f} s after the end"
    return "gives up for good" if peer.supervisors() else "is gone itself"


def clock_jump(peer: Peer) -> str:
    """The clock of the day is set an hour forward in the first second of a stop that may take five."""
    library = peer.root / "deb/root/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"
    clock = peer.directory / "clock"
    clock.write_text("+0")
    peer.environ |= {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_NO_CACHE": "1",
    }
    up(peer)
    (pid,) = peer.copies()
    begun = time.monotonic()
    if (stopping := os.fork()) == 0:
        with suppress(BaseException):
            peer.stop()
        os._exit(0)
    time.sleep(0.8)
    clock.write_text("+3600")
    ended = until(lambda: pid not in peer.copies(), 3 * STOP)
    took = time.monotonic() - begun
    os.kill(stopping, signal.SIGKILL)
    os.waitpid(stopping, 0)
    if not ended:
        return f"not killed after {took:.0f} s"
    return f"KILL after {took:.1f} s" + ("" if took > STOP - 1 else f", not {STOP}")


def self_daemonizing(peer: Peer) -> str:
    """The daemon puts itself into the background."""
    peer.start()
    time.sleep(8.0)
    return f"{_copies(len(peer.copies()))} after 8 s"


def grandchildren(peer: Peer) -> str:
    """The daemon has a child in a session of its own, and is stopped."""
    up(peer)
    peer.stop()
    until(lambda: not peer.copies())
    time.sleep(1.0)
    left = [*peer.processes("worker.py")]
    return "child lives on" if left else "all are gone"


def logger_killed(peer: Peer) -> str:
    """KILL for the process that writes the log, in the middle of 6,000 lines at 1,000 a second."""
    if peer.logger is None:
        return "the supervisor writes the log itself"
    peer.start()
    until(peer.copies)
    for _ in range(3):
        time.sleep(1.5)
        for pid in peer.processes(peer.logger):
            os.kill(pid, signal.SIGKILL)
    until((peer.directory / "done").exists)
    time.sleep(2.0)
    return f"{_lines(peer)} over 3 kills"


def _lines(peer: Peer) -> str:
    """What is missing of the numbered lines."""
    line = re.compile(rb"^(?:\S+ )?(\d{9}) \.{89}$", re.MULTILINE)
    files = [path for path in sorted(peer.log.rglob("*")) if path.is_file()]
    numbers = [int(found) for path in files for found in line.findall(path.read_bytes())]
    missing = LINES - len(set(numbers))
    twice = len(numbers) - len(set(numbers))
    stuck = "" if (peer.directory / "done").exists() else ", writer is stuck"
    told = f"{missing:,} of {LINES:,} lines lost" if missing else "no line lost"
    return told + (f", {twice} twice" if twice else "") + stuck


def _copies(number: int) -> str:
    return "one copy" if number == 1 else f"{number} copies" if number else "no copy"


ROWS: tuple[tuple[str, str, Callable[[Peer], str]], ...] = (
    ("supervisor killed", "plain", supervisor_killed),
    ("disk full, then freed", "fast", disk_full),
    ("broken configuration, reload", "plain", bad_reload),
    ("forks fail for 10 s", "plain", forks_refused),
    ("clock + 1 h in a stop", "deaf", clock_jump),
    ("daemon daemonizes itself", "daemonize", self_daemonizing),
    ("stop with a grandchild", "tree", grandchildren),
    ("logger killed", "slow", logger_killed),
)
"""Each fault: what it is called, what the daemon does, and how it is done."""
