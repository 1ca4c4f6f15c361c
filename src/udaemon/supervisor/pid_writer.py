"""Writes files in a process of its own where their file system may not answer: the supervisor never waits for it.

Knows no instance, and not how a file is written. There is one such process at a time; what is wanted meanwhile is left
to the next one, and of each file only what was wanted last.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import NoReturn

from udaemon.child.dispositions import ALL_SIGNALS, clean_signals
from udaemon.engines.base import Reactor
from udaemon.system import oserror
from udaemon.system.descriptors import close_others
from udaemon.system.mounts import Mounts
from udaemon.system.readable import wait_readable

_MOST_SAID = 4000
"""Bytes of what it says, so that the pipe takes it whole: less than PIPE_BUF (pipe(7))."""

_PATIENCE = 1.0
"""Seconds that the last files get when the supervisor ends."""

Put = Callable[[str, int | None], None]


class PidWriter:
    """Brings files up to date, each to the last pid that was wanted, or away with None.

    Args:
        reactor: Watches the process.
        put: Writes or removes one file; called in that process alone.
        on_trouble: Called with what could not be written.
        mounts: Says which files are where an answer is certain; closed with this.
    """

    def __init__(
        self, reactor: Reactor, put: Put, on_trouble: Callable[[str], None], mounts: Mounts | None = None
    ) -> None:
        self._reactor = reactor
        self._mounts = mounts or Mounts()
        self._put = put
        self._on_trouble = on_trouble
        self._taken: set[str] = set()
        self._wanted: dict[str, int | None] = {}
        self._pipe = -1
        self.pid: int | None = None

    def take(self, path: str, pid: int | None) -> bool:
        """Have a file hold this pid, or none be there. Returns False where its file system answers."""
        # One that was taken once stays ours: what was wanted before may still be under way.
        if path not in self._taken and self._mounts.answers(path):
            return False
        self._taken.add(path)
        self._wanted[path] = pid
        if self.pid is None:
            self._start()
        return True

    def close(self) -> None:
        """Have the rest done, but wait only a moment for it."""
        self._mounts.close()
        while self.pid is not None:
            if not wait_readable(self._pipe, timeout=_PATIENCE):
                os.kill(self.pid, signal.SIGKILL)  # it may not die of it yet (D state): nobody waits for that
                self._wanted.clear()
                self._end(os.WNOHANG)
                return
            self._on_end()

    def _start(self) -> None:
        wanted, self._wanted = self._wanted, {}
        try:
            self._pipe, write = os.pipe2(os.O_CLOEXEC)
        except OSError as error:
            self._fail(oserror.named_reason(error))
            return
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, ALL_SIGNALS)  # the child has our handlers for a moment
        try:
            self.pid = os.fork()
            if self.pid == 0:
                self._work(wanted, write)
        except OSError as error:
            os.close(self._pipe)
            self._fail(oserror.named_reason(error))
            return
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            os.close(write)
        self._reactor.watch(self._pipe, self._on_end)

    def _on_end(self) -> None:
        said = os.read(self._pipe, _MOST_SAID)
        self._end()
        if said:
            self._fail(said.decode("utf-8", "replace"))
        if self._wanted and self.pid is None:
            self._start()

    def _fail(self, why: str) -> None:
        self._on_trouble(f"pid file cannot be written: {why}")

    def _end(self, options: int = 0) -> None:
        assert self.pid is not None
        self._reactor.forget(self._pipe)
        os.close(self._pipe)
        with suppress(ChildProcessError):
            os.waitpid(self.pid, options)
        self.pid = None

    def _work(self, wanted: Mapping[str, int | None], write: int) -> NoReturn:
        """In that process: it holds nothing of ours, as it may be there for as long as the file system is silent."""
        said = b""
        try:
            clean_signals()
            os.setsid()
            close_others({write})
            signal.pthread_sigmask(signal.SIG_SETMASK, ())
            for path, pid in wanted.items():
                try:
                    self._put(path, pid)
                except OSError as error:
                    said = said or str(error).encode("utf-8", "surrogateescape")
            if said:
                os.write(write, said[:_MOST_SAID])
        finally:
            os._exit(0)
