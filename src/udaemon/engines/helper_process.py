"""A helper of the supervisor's in a process of its own: executed with the end of a socket, and told things in frames.

Knows nothing of what it helps with; `helper_main.py` is its own end. Nothing here waits but `drain` and `let_end`: what
the socket does not take goes later.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress

from udaemon.child.environment import interpreter
from udaemon.engines.base import WritableReactor
from udaemon.engines.verdict import LIMIT, Verdict, verdict_of
from udaemon.frames import FrameBuffer, FrameError, frame
from udaemon.system.readable import wait_readable

AGAIN_AFTER = 1.0
"""Seconds until a helper that has died, or that there was no room for, is started again."""


class HelperProcess:
    """One helper at a time.

    Args:
        module: Its `main` is called with the number of the socket's descriptor.
        reactor: Watches the socket.
        on_verdict: Called with each thing that it says.
        on_death: Called when it has ended, or cannot be believed any more and was ended; says how.
    """

    def __init__(
        self,
        module: str,
        reactor: WritableReactor,
        *,
        on_verdict: Callable[[Verdict], None],
        on_death: Callable[[str], None],
    ) -> None:
        self._program = f"import sys; from {module} import main; main(int(sys.argv[1]))"
        self._reactor = reactor
        self._on_verdict = on_verdict
        self._on_death = on_death
        self._socket: socket.socket | None = None
        self._outgoing = bytearray()
        self._incoming = FrameBuffer(LIMIT)
        self.pid: int | None = None

    @property
    def is_there(self) -> bool:
        """Whether it can be told anything."""
        return self._socket is not None

    def start(self) -> bool:
        """Start it. Returns False where there is no room for it now."""
        try:
            ours, theirs = socket.socketpair()
        except OSError:
            return False
        with theirs:
            os.set_inheritable(theirs.fileno(), True)
            argv = [*interpreter(), "-P", "-c", self._program, str(theirs.fileno())]
            null = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0) for number in range(2)]
            try:
                self.pid = os.posix_spawn(sys.executable, argv, os.environ, file_actions=null, setsid=True)
            except OSError:
                ours.close()
                return False
        ours.setblocking(False)
        self._socket = ours
        self._reactor.watch(ours.fileno(), self._on_readable)
        return True

    def send(self, *words: object) -> None:
        """Send these as JSON in a frame, or what of it the socket takes now."""
        waiting = bool(self._outgoing)
        self._outgoing += frame(json.dumps(words).encode())
        if not waiting:
            self._flush()

    def drain(self, timeout: float) -> None:
        """Wait until there is something to do, and do it."""
        if self._socket is None:
            return
        poller = select.poll()
        poller.register(self._socket, select.POLLIN | (select.POLLOUT if self._outgoing else 0))
        for _, events in poller.poll(timeout * 1000):
            if events & select.POLLOUT:
                self._flush()
            if events & ~select.POLLOUT:
                self._on_readable()

    def let_end(self, timeout: float) -> None:
        """Let it see that nobody wants it any more, and give it time to end what it runs."""
        if self.pid is None:
            return
        with suppress(OSError):
            pidfd = os.pidfd_open(self.pid)
            if self._socket is not None:
                self._socket.shutdown(socket.SHUT_RDWR)
            wait_readable(pidfd, timeout=timeout)
            os.close(pidfd)

    def end(self) -> None:
        """End it, if there is one."""
        if self._socket is not None:
            self._reactor.forget(self._socket.fileno())
            self._socket.close()
            self._socket = None
        if self.pid is not None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            with suppress(ChildProcessError):
                os.waitpid(self.pid, 0)
            self.pid = None
        self._outgoing.clear()
        self._incoming = FrameBuffer(LIMIT)

    def give_up(self, how: str) -> None:
        """End it, and say how it came to that."""
        self.end()
        self._on_death(how)

    def _on_readable(self) -> None:
        assert self._socket is not None
        try:
            data = self._socket.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.give_up("has died")
            return
        try:
            for payload in self._incoming.feed(data):
                self._on_verdict(verdict_of(payload))
        except (FrameError, ValueError):
            self.give_up("answers nonsense")

    def _flush(self) -> None:
        if self._socket is None:
            return
        try:
            sent = self._socket.send(self._outgoing)
        except BlockingIOError:
            sent = 0
        except OSError:
            return  # it has died, which is told when it is read
        del self._outgoing[:sent]
        if self._outgoing:
            self._reactor.watch_writable(self._socket.fileno(), self._flush)
        else:
            self._reactor.forget_writable(self._socket.fileno())
