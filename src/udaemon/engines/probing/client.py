"""The supervisor's end of the prober: has questions asked, and hears of verdicts. Starts the prober when there is one.

Knows no daemon. A prober that dies is started anew, and asked the same; verdicts stay until it says otherwise. Nothing
here waits: what the socket does not take goes later.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress

from udaemon.child.environment import interpreter
from udaemon.engines.base import WritableReactor
from udaemon.engines.probing.question import LIMIT, Asked, ask, forget
from udaemon.frames import FrameBuffer, FrameError

PROGRAM = "import sys; from udaemon.engines.probing.prober import main; main(int(sys.argv[1]))"
_AGAIN_AFTER = 1.0
"""Seconds until one that has died is started again."""

OnVerdict = Callable[[bool, str], None]


class ProberLink:
    """What is asked. Add it to the loop for its `deadline`.

    Args:
        reactor: Watches the socket.
        clock: Monotonic seconds.
        on_death: Called with a sentence when a prober has died.
    """

    def __init__(
        self, reactor: WritableReactor, clock: Callable[[], float], on_death: Callable[[str], None] = lambda _: None
    ) -> None:
        self._reactor = reactor
        self._clock = clock
        self._on_death = on_death
        self._asked: dict[int, tuple[Asked, OnVerdict]] = {}
        self._socket: socket.socket | None = None
        self._outgoing = bytearray()
        self._incoming = FrameBuffer(LIMIT)
        self._numbers = 0
        self.pid: int | None = None
        self.deadline: float | None = None

    def ask(self, asked: Asked, on_verdict: OnVerdict) -> int:
        """Have this asked from now on. Returns its number."""
        self._numbers += 1
        numbered = asked._replace(id=self._numbers)
        self._asked[numbered.id] = (numbered, on_verdict)
        if self._socket is not None:
            self._send(ask(numbered))
        elif self.deadline is None:
            self._start()
        return numbered.id

    def forget(self, number: int) -> None:
        """Have it asked no more; a verdict that is under way is not heard."""
        if self._asked.pop(number, None) is not None and self._socket is not None:
            self._send(forget(number))

    def expire(self, _now: float) -> None:
        """Start the next prober."""
        self.deadline = None
        if self._asked:
            self._start()

    def close(self) -> None:
        """End the prober."""
        self._asked.clear()
        if self.pid is not None:
            self._end()

    def _start(self) -> None:
        try:
            ours, theirs = socket.socketpair()
        except OSError:
            self.deadline = self._clock() + _AGAIN_AFTER
            return
        with theirs:
            os.set_inheritable(theirs.fileno(), True)
            argv = [*interpreter(), "-P", "-c", PROGRAM, str(theirs.fileno())]
            null = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0) for number in range(2)]
            try:
                self.pid = os.posix_spawn(sys.executable, argv, os.environ, file_actions=null, setsid=True)
            except OSError:
                ours.close()
                self.deadline = self._clock() + _AGAIN_AFTER
                return
        ours.setblocking(False)
        self._socket = ours
        self._reactor.watch(ours.fileno(), self._on_readable)
        for asked, _ in tuple(self._asked.values()):
            self._send(ask(asked))

    def _on_readable(self) -> None:
        assert self._socket is not None
        try:
            data = self._socket.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._died()
            return
        try:
            for payload in self._incoming.feed(data):
                number, ok, reason = json.loads(payload)
                if number in self._asked:
                    self._asked[number][1](bool(ok), str(reason))
        except (FrameError, ValueError, TypeError):
            self._died()

    def _died(self) -> None:
        self._end()
        self._on_death("the prober has died, and is started again")
        self.deadline = self._clock() + _AGAIN_AFTER

    def _end(self) -> None:
        assert self.pid is not None
        if self._socket is not None:
            self._reactor.forget(self._socket.fileno())
            self._socket.close()
            self._socket = None
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        with suppress(ChildProcessError):
            os.waitpid(self.pid, 0)
        self.pid = None
        self._outgoing.clear()
        self._incoming = FrameBuffer(LIMIT)

    def _send(self, data: bytes) -> None:
        waiting = bool(self._outgoing)
        self._outgoing += data
        if not waiting:
            self._flush()

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
