"""A factory daemon without a supervisor: one real child, and this test in the supervisor's place.

Knows nothing of the zygote: the child is a fresh interpreter that calls `child_main` with the fds it inherits.
"""

from __future__ import annotations

import os
import pickle
import select
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from udaemon.child.report import FrameReader, GoodRun, Report
from udaemon.child.scoreboard import Scoreboard
from udaemon.child.slot_reading import SlotReading
from udaemon.child.spec import ChildFds, ChildSpec

MAIN = """
import os, pickle, sys
from udaemon.child.bootstrap import BatchSetup, ProcessSetup
from udaemon.child.process import child_main
spec, fds = pickle.loads(bytes.fromhex(sys.argv[1]))
os._exit(child_main(ProcessSetup(spec, fds, BatchSetup(fds).take_over(spec))))
"""
PATIENCE = 15.0
SLEEPER = """
import time
class Task:
    def do_task(self):
        print("ran", flush=True)
def create():
    return Task()
"""


def spec_for(directory: Path, **changes: Any) -> ChildSpec:
    """A spec whose factory is `create` in `DIRECTORY/job.py`."""
    spec = ChildSpec(
        name="mailer",
        index=0,
        instances=1,
        project="shop",
        context="",
        factory="job:create",
        params={},
        env={},
        cwd=str(directory),
        umask=0o022,
        sleep=0.0,
        min_sleep=0.0,
        directory=str(directory),
    )
    return spec._replace(**changes)


class Child:
    """A running child, its output, its reports and its slot. Use it as a context manager: it leaves nothing behind."""

    def __init__(
        self,
        directory: Path,
        code: str = "",
        spec: ChildSpec | None = None,
        board: Scoreboard | None = None,
        **changes: Any,
    ) -> None:
        if spec is None:
            (directory / "job.py").write_text(code)
            spec = spec_for(directory, **changes)
        self.output = b""
        self.reports: list[Report] = []
        self.good_runs = 0
        self.board = board or Scoreboard.create(str(directory / "scoreboard"), 1)
        self._board_is_ours = board is None
        self._log, theirs_log = os.pipe()
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        self._events = ours
        self._siblings, self._leash = os.pipe()
        parent_read = self._siblings
        self._frames = FrameReader()
        given = (theirs_log, theirs.fileno(), parent_read, self.board.fd)
        fds = ChildFds(output=theirs_log, events=theirs.fileno(), parent=parent_read, scoreboard=self.board.fd)
        argument = pickle.dumps((spec, fds)).hex()
        self.process = subprocess.Popen([sys.executable, "-P", "-c", MAIN, argument], pass_fds=given)
        self.pidfd = os.pidfd_open(self.process.pid)
        os.close(theirs_log)
        theirs.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.wait(PATIENCE)
        self.cut_leash()
        self.sibling_leaves()
        for fd in (self._log, self.pidfd):
            os.close(fd)
        self._events.close()
        if self._board_is_ours:
            self.board.close()

    def slot(self) -> SlotReading:
        """What the scoreboard says of it."""
        found = self.board.read_slot(0)
        assert found is not None
        return found

    def signal(self, number: int) -> None:
        """Send it a signal."""
        signal.pidfd_send_signal(self.pidfd, number)

    def cut_leash(self) -> None:
        """Close the parent pipe, as the kernel does when the supervisor dies."""
        if self._leash >= 0:
            os.close(self._leash)
            self._leash = -1

    def sibling_leaves(self) -> None:
        """Close another read end of the parent pipe, as the kernel does when another daemon ends."""
        if self._siblings >= 0:
            os.close(self._siblings)
            self._siblings = -1

    def wait_for(self, text: str, count: int = 1) -> float:
        """Read its output until `text` has come `count` times. Answers the monotonic time of that."""
        deadline = time.monotonic() + PATIENCE
        while self.output.count(text.encode()) < count:
            ready, _, _ = select.select([self._log], [], [], max(0.0, deadline - time.monotonic()))
            data = os.read(self._log, 65536) if ready else b""
            assert data, f"waited in vain for {count} × {text!r}; got {self.output.decode()}"
            self.output += data
        return time.monotonic()

    def is_quiet_for(self, seconds: float) -> bool:
        """True when it writes nothing for that long."""
        return not select.select([self._log], [], [], seconds)[0]

    def end(self) -> int:
        """Wait for its death, read what it left, and answer its exit code (negative: a signal)."""
        deadline = time.monotonic() + PATIENCE
        ready: list[int] = []
        while self.pidfd not in ready:  # and a pipe that is full must not keep it from ending
            ready, _, _ = select.select([self.pidfd, self._log], [], [], max(0.0, deadline - time.monotonic()))
            assert ready, f"it does not end; it said: {self.output.decode()}"
            if self._log in ready and not self._read():
                ready, _, _ = select.select([self.pidfd], [], [], max(0.0, deadline - time.monotonic()))
                assert ready, f"it does not end; it said: {self.output.decode()}"
        code = self.process.wait(PATIENCE)
        while self._read():
            pass
        try:
            while data := self._events.recv(65536):
                said = self._frames.feed(data)
                good = [report for report in said if isinstance(report, GoodRun)]
                self.good_runs += len(good)
                self.reports += [report for report in said if not isinstance(report, GoodRun)]
        except BlockingIOError:
            pass
        return code

    def _read(self) -> bool:
        data = os.read(self._log, 65536)
        self.output += data
        return bool(data)

    @property
    def lines(self) -> list[str]:
        """Its output so far."""
        return self.output.decode().splitlines()
