"""Reads the manifest anew for a supervisor that goes on meanwhile: in a process of its own, with limits and a deadline.

Knows nothing of what is done with the manifest. `main` is that process: no file, whatever is in it, reaches the one
that keeps the daemons alive. Its answer is bounded, and looked at as a manifest is (`manifest_answer.py`).
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from udaemon.child.environment import interpreter
from udaemon.errors import ExitCode, ManifestError, UdaemonError
from udaemon.service.manifest_answer import LONGEST, Result, answer, beyond, understood
from udaemon.system import oom
from udaemon.system.readable import wait_readable

if TYPE_CHECKING:
    from udaemon.engines.base import Reactor

PROGRAM = "import sys; from udaemon.service.manifest_reader import main; main(int(sys.argv[1]))"

CPU_SECONDS = 4
MEMORY = 512 * 1024**2
"""Bytes of address space, of which Python itself maps some 150 MB without using them."""

TIMEOUT = 10.0
"""Seconds of waiting; the process has `CPU_SECONDS` of work."""

_LAST_BREATH = 0.2
"""Seconds for a process that was killed to be gone."""

_MOST_TOLD = 50
"""Problems of one manifest that are passed on; an answer must fit into a frame."""


class Source(NamedTuple):
    """Where a manifest is read from, and what the command line said beside it. `paths` are absolute."""

    paths: tuple[str, ...]
    project: str | None = None
    context: str | None = None
    profiles: tuple[str, ...] = ()


OnRead = Callable[[Result], None]


class ManifestReader:
    """Reads one source, for one caller after the other. Add it to the loop for its `deadline`.

    Args:
        reactor: Watches the pipe on which the answer comes.
        source: What to read; None for a manifest that came from standard input and cannot be read twice.
        clock: Monotonic seconds.
    """

    def __init__(self, reactor: Reactor, source: Source | None, clock: Callable[[], float]) -> None:
        self._reactor = reactor
        self._source = source
        self._clock = clock
        self._callers: deque[OnRead] = deque()
        self._received = bytearray()
        self._pipe = -1
        self.pid: int | None = None
        self.deadline: float | None = None

    def read(self, on_read: OnRead) -> None:
        """Read the manifest as it is on disk now; `on_read` is called once, from the loop."""
        if self._source is None:
            message = "the manifest was read from standard input, which cannot be read again"
            on_read(UdaemonError(message, "udaemon down, and up with -f FILE", ExitCode.USAGE))
            return
        self._callers.append(on_read)
        if self.pid is None:
            self._start()

    def expire(self, _now: float) -> None:
        """End the process: it takes too long."""
        self._finish(beyond("time"))

    def close(self) -> None:
        """End the process, if there is one, and call nobody any more."""
        self._callers.clear()
        if self.pid is not None:
            self._end()

    def _start(self) -> None:
        assert self._source is not None
        try:
            self._pipe, write = os.pipe2(os.O_CLOEXEC)
        except OSError as error:
            self._refuse_all(error)
            return
        os.set_inheritable(write, True)
        argv = [*interpreter(), "-P", "-c", PROGRAM, str(write), json.dumps(self._source)]
        null = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0) for number in range(3)]
        try:
            self.pid = os.posix_spawn(sys.executable, argv, os.environ, file_actions=null, setsid=True)
        except OSError as error:
            os.close(self._pipe)
            self._refuse_all(error)
            return
        finally:
            os.close(write)
        oom.give(self.pid, oom.EXPENDABLE)
        self.deadline = self._clock() + TIMEOUT
        self._reactor.watch(self._pipe, self._on_readable)

    def _on_readable(self) -> None:
        piece = os.read(self._pipe, 1 << 20)
        self._received += piece
        if len(self._received) > LONGEST:
            self._finish(beyond("memory"))
        elif not piece:
            self._finish(understood(self._received) if self._received else beyond("time or memory"))

    def _finish(self, result: Result) -> None:
        try:
            self._end()
        finally:  # faults.md F6: whoever asked hears of it, whatever is wrong with our part
            self._callers.popleft()(result)
        if self._callers and self.pid is None:  # its file may have changed since the process began
            self._start()

    def _end(self) -> None:
        assert self.pid is not None
        pid, self.pid, self.deadline = self.pid, None, None
        self._reactor.forget(self._pipe)
        os.close(self._pipe)
        self._received.clear()
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        _reap(pid)

    def _refuse_all(self, error: OSError) -> None:
        while self._callers:
            self._callers.popleft()(UdaemonError(f"the manifest cannot be read: {error.strerror}"))


def _reap(pid: int) -> None:
    """Reap a process that was killed; one that sits in the kernel, over a dead file system, is left as an orphan."""
    with suppress(OSError):
        pidfd = os.pidfd_open(pid)
        try:
            wait_readable(pidfd, timeout=_LAST_BREATH)
        finally:
            os.close(pidfd)
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def main(fd: int) -> None:
    """Read what the second argument names, and answer on `fd`."""
    from udaemon.check.module_files import check_module_files
    from udaemon.check.pythons import check_pythons
    from udaemon.manifest.read import examine

    os.set_inheritable(fd, False)
    source = Source(*json.loads(sys.argv[2]))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    try:
        examined = examine(
            source.paths,
            environ=os.environ,
            project=source.project,
            context=source.context,
            profiles=source.profiles,
        )
        if examined.understood is not None:
            found = examined.understood
            examined = examined.with_more([*check_module_files(found), *check_pythons(found)])
        result: Result = examined.manifest or ManifestError(examined.problems[:_MOST_TOLD])
    except UdaemonError as error:
        result = error
    except MemoryError:
        result = beyond("memory")
    with os.fdopen(fd, "wb") as pipe:
        pipe.write(answer(result))
