"""A fake host behind a real control socket, served in a thread, for tests of the command line.

Knows no process: a start is answered with a pid, a stop with an exit, both at once unless a daemon is called stubborn.
"""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Callable
from itertools import count
from types import TracebackType
from typing import Self

from tests.fakes.host import FakeHost
from tests.fakes.reactor import SmallReactor

from udaemon.control import rundir, rundir_removal, sockets
from udaemon.control.server import ControlServer
from udaemon.manifest.model import Daemon
from udaemon.policy.events import Event
from udaemon.policy.instance import Key, State


class ObedientHost(FakeHost):
    """Answers what it is asked at once. `stubborn` names daemons that do nothing by themselves."""

    def __init__(self, *daemons: Daemon, context: str = "", stubborn: frozenset[str] = frozenset()) -> None:
        super().__init__(*daemons, context=context)
        self._stubborn = stubborn
        self._pids = count(101)

    def happen(self, key: Key, event: Event) -> None:
        super().happen(key, event)
        instance = self.view(key).instance
        if key.name in self._stubborn:
            return
        if instance.is_spawning and instance.state is State.STARTING:
            self.forked(key, next(self._pids))
        elif instance.state is State.STOPPING and instance.pid is not None:
            self.dies(key, code=0)


class Service:
    """Serves a host for the manifest at `manifest`, in a thread, until the block ends or somebody says `down`."""

    def __init__(self, host: FakeHost, manifest: str, project: str = "shop") -> None:
        self.host = host
        base = rundir.base(os.environ, os.geteuid())
        name = rundir.directory_name(project, manifest)
        self.path = os.path.join(base, name)
        self._fd = rundir.make(base, name)
        self._lock = rundir.take_lock(self._fd)
        rundir.release(self._fd)
        self._reactor = SmallReactor()
        self._server = ControlServer(host, self._reactor, sockets.listen(self._fd), bug=self._bug)
        self._wake_read, self._wake_write = os.pipe()
        self._reactor.watch(self._wake_read, self._on_wake)
        self._reactor.add(self._server)
        self._calls: list[Callable[[], None]] = []
        self._stopping = False
        self.ends_when_down = False
        self._thread = threading.Thread(target=self._serve)
        self.bugs: list[str] = []

    def call(self, callback: Callable[[], None]) -> None:
        """Let `callback` run in the server's thread."""
        self._calls.append(callback)
        os.write(self._wake_write, b"!")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.call(self._stop)
        self._thread.join(10.0)
        assert not self._thread.is_alive()
        for fd in (self._wake_read, self._wake_write, self._fd):
            os.close(fd)
        assert self.bugs == []

    def _serve(self) -> None:
        self._reactor.run_until(self._over, 60.0)
        watched = self._reactor.watched - {self._wake_read}
        self._server.close()
        self._reactor.close()
        rundir_removal.remove(self.path, self._fd)
        if self._lock is not None:
            os.close(self._lock)
        for fd in watched:  # last, as the kernel does at the end of a process: a client of `down` waits for it
            _end_connection(fd)

    def _over(self) -> bool:
        return self._stopping or (self.ends_when_down and bool(self.host.down))

    def _stop(self) -> None:
        self._stopping = True

    def _bug(self, what: str) -> None:
        self.bugs.append(what)

    def _on_wake(self) -> None:
        os.read(self._wake_read, 100)
        calls, self._calls = self._calls, []
        for call in calls:
            call()


def _end_connection(fd: int) -> None:
    """Close what the server left to the end of its process, which here is not the end of the test's."""
    try:
        is_socket = stat.S_ISSOCK(os.fstat(fd).st_mode)
    except OSError:
        return
    if is_socket:
        os.close(fd)
