"""The signals by which somebody stops a foreground `up`, one for each time that it was meant.

Knows nothing of what is stopped. A thread waits for them and reads what a handler in Python is not told: whether the
kernel sent a signal for a key of the terminal (sigaction(2), SI_KERNEL) or a program did. Two keys are two wishes,
however quickly they come; what programs pass on may be the same one again.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from udaemon.child.echoes import Echoes

STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT)
"""What an operator stops everything with; QUIT is Ctrl-\\ of a terminal."""
_SI_KERNEL = 0x80


class StopSignals:
    """A descriptor that can be read when one came, and which ones.

    All threads have them blocked while it listens: block them before, and start no thread that does not.
    """

    def __init__(self) -> None:
        self._read, self._write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._came: deque[int] = deque()

    def fileno(self) -> int:
        """To wait for with select."""
        return self._read

    def wake(self) -> None:
        """Let the descriptor be read though none came."""
        os.write(self._write, b"\0")

    def take(self) -> list[int]:
        """Those that came since."""
        os.read(self._read, 4096)
        return [self._came.popleft() for _ in range(len(self._came))]

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Take them in, in a thread of its own; afterwards they are unblocked."""
        thread = threading.Thread(target=self._run, daemon=True)
        thread.start()
        try:
            yield
        finally:
            signal.pthread_kill(thread.ident or 0, signal.SIGTERM)
            thread.join()
            signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)

    def _run(self) -> None:
        echoes = Echoes()
        while True:
            came = signal.sigwaitinfo(STOPS)
            if came.si_pid == os.getpid():  # `listening` ends
                return
            if not echoes.is_echo(came.si_signo, time.monotonic(), typed=came.si_code == _SI_KERNEL):
                self._came.append(came.si_signo)
                self.wake()
