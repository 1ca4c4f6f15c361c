"""Who runs the light daemons: the floor, udaemon, and a peer on request.

Knows how each is started, found and stopped; knows nothing of what is measured.
"""

from __future__ import annotations

import atexit
import json
import mmap
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from benchmarks import procfs
from benchmarks.light import PERIOD, STAMP

HERE = Path(__file__).parent
PATIENCE = 60.0
MEMORY = "/dev/shm"
DISK = "/var/tmp"


class Contestant:
    """One orchestrator with N light daemons, started by `start` and gone after the `with` block.

    All of its files are in `place`: in memory, unless the journal of a disk is what is measured. A daemon runs once in
    `period` seconds.
    """

    name = "?"

    def __init__(self, count: int, place: str = MEMORY, period: float = PERIOD) -> None:
        self.count = count
        self.period = period
        self.directory = Path(tempfile.mkdtemp(prefix="bench-", dir=place if os.access(place, os.W_OK) else None))
        self.mark = f"bench-{uuid.uuid4().hex}"
        self.environ = dict(os.environ, BENCHMARK_MARK=self.mark, XDG_RUNTIME_DIR=str(self.directory / "run"))
        self.environ["BENCHMARK_PERIOD"] = str(period)
        self.environ["XDG_STATE_HOME"] = str(self.directory / "state")
        (self.directory / "run").mkdir(mode=0o700)
        self.stamps = self.directory / "stamps"
        self.stamps.write_bytes(bytes(STAMP.size * count))
        shutil.copy(HERE / "light.py", self.directory)
        with self.stamps.open("r+b") as file:
            self._board = mmap.mmap(file.fileno(), 0)
        self.prepare()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # What replaces the dead goes on doing so until it is hit itself.
        while left := procfs.marked(self.mark):
            for pid in left:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            procfs.wait_for_ends(left, PATIENCE)
        self.reap()
        self._board.close()
        # Not now: for minutes ext4 goes through the inodes that were freed whenever it makes a file (recently_deleted()
        # in the kernel), and whoever comes next would pay half a millisecond for each.
        atexit.register(shutil.rmtree, self.directory, ignore_errors=True)

    def stamp(self, slot: int) -> tuple[float, int]:
        """Time and pid of the first run of the newest process in this slot; zeros before there is one."""
        time_, pid = STAMP.unpack_from(self._board, slot * STAMP.size)
        return time_, pid

    def daemons(self) -> set[int]:
        """Pids of the daemons that have run."""
        return {self.stamp(slot)[1] for slot in range(self.count)} - {0}

    def own(self) -> set[int]:
        """Pids of all processes of the orchestrator itself."""
        return procfs.marked(self.mark) - self.daemons()

    def wait_for_first_runs(self, patience: float = PATIENCE) -> float:
        """Wait until each daemon has run once, and answer the monotonic time at which the last one did."""
        deadline = time.monotonic() + patience
        while not all(self.stamp(slot)[0] for slot in range(self.count)):
            if time.monotonic() > deadline:
                ran = len(self.daemons())
                raise TimeoutError(f"{self.name}: {ran} of {self.count} daemons ran in {patience} s")
            time.sleep(0.01)
        return max(self.stamp(slot)[0] for slot in range(self.count))

    def prepare(self) -> None:
        """Write what the orchestrator needs before its start."""

    def start(self) -> None:
        """Start the orchestrator with all daemons."""
        raise NotImplementedError

    def stop(self) -> None:
        """Ask it to stop all, as an operator would."""
        raise NotImplementedError

    def reap(self) -> None:
        """Wait for what this process started itself."""


class Spawned(Contestant):
    """A contestant that stays our own child, and stops by SIGTERM."""

    argv: list[str]
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it in the foreground, its output thrown away."""
        self.process = subprocess.Popen(
            self.argv, cwd=self.directory, env=self.environ, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )

    def stop(self) -> None:
        """Send SIGTERM."""
        assert self.process is not None
        self.process.terminate()

    def reap(self) -> None:
        """Wait for it."""
        if self.process is not None:
            self.process.wait()


class Floor(Spawned):
    """The bare orchestrator of `floor.py`."""

    name = "floor"

    def prepare(self) -> None:
        """It needs no file, only the module's place."""
        self.environ["PYTHONPATH"] = str(HERE.parent)
        self.argv = [sys.executable, "-m", "benchmarks.floor", str(self.stamps), str(self.count)]


class Udaemon(Contestant):
    """udaemon by `up -d` on a generated manifest."""

    name = "udaemon"

    def prepare(self) -> None:
        """Write a manifest with one entry a daemon."""
        lines = ['project = "bench"']
        for slot in range(self.count):
            lines += [
                f"[daemons.d{slot:04}]",
                'factory = "light:create"',
                f"sleep = {self.period}",
                f"params = {{ stamps = {json.dumps(str(self.stamps))}, slot = {slot} }}",
            ]
        (self.directory / "udaemon.toml").write_text("\n".join(lines) + "\n")

    def verb(self, *argv: str) -> subprocess.CompletedProcess[bytes]:
        """Run one verb; what it prints is thrown away unless it fails."""
        done = subprocess.run(
            [str(Path(sys.executable).with_name("udaemon")), *argv],
            cwd=self.directory, env=self.environ, stdin=subprocess.DEVNULL, capture_output=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"udaemon {' '.join(argv)}: exit {done.returncode}\n{done.stderr.decode()}")
        return done

    def start(self) -> None:
        """`udaemon up -d`."""
        self.verb("up", "-d")

    def stop(self) -> None:
        """`udaemon down`."""
        self.verb("down")


class Supervisor(Spawned):
    """The peer `supervisor` from PyPI: it execs an interpreter per daemon where udaemon forks one."""

    name = "supervisor"

    def prepare(self) -> None:
        """Write its ini file."""
        command = f"{sys.executable} {self.directory / 'light.py'} {self.stamps}"
        lines = ["[supervisord]", "nodaemon=true", "logfile=/dev/null", "logfile_maxbytes=0", "user=root"]
        lines += [f"pidfile={self.directory / 'supervisord.pid'}", f"childlogdir={self.directory}"]
        for slot in range(self.count):
            lines += [f"[program:d{slot:04}]", f"command={command} {slot}", "autorestart=true"]
        path = self.directory / "supervisord.conf"
        path.write_text("\n".join(lines) + "\n")
        self.argv = [sys.executable, "-m", "supervisor.supervisord", "-n", "-c", str(path)]
