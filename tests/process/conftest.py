"""What tests with real processes share: waits that name what they wait for, and a teardown that finds leftovers.

Knows nothing of udaemon: a leftover is told by its environment, which names this test's directory or marker.
"""

from __future__ import annotations

import ctypes
import os
import select
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import resource_tracker
from pathlib import Path

import psutil
import pytest
from tests.process.hung import HungMount
from tests.process.log_rig import LogRig
from tests.process.project import Project

MARKER = "TEST_DESCENDANT_OF"
PR_SET_CHILD_SUBREAPER = 36
GRACE = 2.0
"""Seconds in which what a test has killed may finish dying."""

Wait = Callable[..., list[int]]


def _wait(fds: Sequence[int], timeout: float, what: str = "") -> list[int]:
    """Wait until one of `fds` (pipes, pidfds, sockets) is readable or hung up, and answer which are."""
    poller = select.poll()
    for fd in fds:
        poller.register(fd, select.POLLIN)
    ready = [fd for fd, _ in poller.poll(timeout * 1000)]
    assert ready, f"waited {timeout} s in vain for {what or 'one of the fds'}"
    return ready


@pytest.fixture
def wait() -> Wait:
    """`wait([ready, pidfd], timeout=5, what="the first run")`: the fds that woke us; none is a failure."""
    return _wait


class Bell:
    """A FIFO which processes of any descent ring by writing lines to it, and on which a test waits.

    A process rings with `open(path, "w").write("word\\n")`; lines of up to PIPE_BUF bytes do not mix.
    """

    def __init__(self, path: Path) -> None:
        os.mkfifo(path)
        self.path = path
        self._fd = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        self._rest = b""
        self._lines: list[str] = []

    def lines(self, count: int = 1, timeout: float = 10.0) -> list[str]:
        """Wait for `count` lines not handed out yet, and answer just these."""
        deadline = time.monotonic() + timeout
        while len(self._lines) < count:
            left = max(0.0, deadline - time.monotonic())
            _wait([self._fd], left, f"{count} lines on {self.path.name}, got {self._lines}")
            *whole, self._rest = (self._rest + os.read(self._fd, 65536)).split(b"\n")
            self._lines += [line.decode() for line in whole]
        taken, self._lines = self._lines[:count], self._lines[count:]
        return taken

    def close(self) -> None:
        """Let go of the FIFO."""
        os.close(self._fd)


@pytest.fixture
def bell(tmp_path: Path) -> Iterator[Callable[[str], Bell]]:
    """Make FIFOs by name: `rung = bell("runs")`, a child writes to `rung.path`, `rung.lines(3)` waits."""
    made: list[Bell] = []

    def make(name: str = "bell") -> Bell:
        made.append(Bell(tmp_path / f"{name}.fifo"))
        return made[-1]

    yield make
    for one in made:
        one.close()


def descendants(marks: Sequence[str], before: set[int]) -> list[psutil.Process]:
    """Children of this process that are new, and whatever has one of `marks` in its environment, re-parented or not."""
    here = os.getpid()
    spared = before | {here, getattr(resource_tracker._resource_tracker, "_pid", None) or here}
    found = {child.pid: child for child in psutil.Process(here).children(recursive=True)}
    for process in psutil.process_iter():
        try:
            if process.pid not in spared and any(mark in said for said in process.environ().values() for mark in marks):
                found[process.pid] = process
        except psutil.Error:
            continue
    return [process for pid, process in found.items() if pid not in spared]


def _describe(process: psutil.Process) -> str:
    try:
        return f"{process.pid} {process.status()} {' '.join(process.cmdline()) or process.name()}"
    except psutil.Error:
        return f"{process.pid} (gone since)"


def wait_for_ends(processes: Sequence[psutil.Process], timeout: float) -> list[psutil.Process]:
    """Wait until these have ended (reaped or not), and answer those that have not in `timeout` seconds."""
    deadline = time.monotonic() + timeout
    living = []
    for process in processes:
        try:
            pidfd = os.pidfd_open(process.pid)
        except ProcessLookupError:
            continue
        if not select.select([pidfd], [], [], max(0.0, deadline - time.monotonic()))[0]:
            living.append(process)
        os.close(pidfd)
    return living


def resign_as_subreaper() -> None:
    """Let init have the orphans of the next test; a test of the engine makes this process the one that gets them."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


@pytest.fixture(autouse=True)
def nothing_left(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Fail a test after which a process of its making is alive or unreaped; end it, so that the next one is spared."""
    marker = uuid.uuid4().hex
    monkeypatch.setenv(MARKER, marker)
    marks = [marker, str(tmp_path)]
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    yield
    resign_as_subreaper()
    if left := descendants(marks, before):
        wait_for_ends(left, GRACE)
        left = descendants(marks, before)
    told = [_describe(process) for process in left]
    for process in left:
        process.kill()
    wait_for_ends(left, GRACE)
    assert told == [], "processes left behind"


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """An empty project; whatever it runs is stopped at the end."""
    directory = tmp_path / "shop"
    directory.mkdir()
    made = Project(directory)
    yield made
    if made.run_directories():
        made.run("down", "-t", "0", code=None)


@pytest.fixture
def rig() -> Iterator[LogRig]:
    """A logger that is closed at the end."""
    made = LogRig()
    yield made
    made.close()


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A directory, with whatever is in it, that will not answer where `hung` is asked for too."""
    made = tmp_path / "mnt"
    made.mkdir()
    return made


@pytest.fixture
def hung(place: Path) -> Iterator[HungMount]:
    """`place` does not answer."""
    mount = HungMount(place)
    yield mount
    mount.close()
