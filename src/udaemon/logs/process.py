"""Starting and ending the logger process.

Knows nothing of what is said to it.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from typing import NamedTuple

from udaemon.child.dispositions import DEADLY
from udaemon.child.environment import interpreter

_BOOT = "import sys; sys.path.append(sys.argv[1]); from udaemon.logs.logger_main import main; main()"
_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

_BLOCKED = DEADLY
"""The logger leaves when its work is done, not when a terminal or a system that shuts down signals everybody."""

_MALLOC = {"MALLOC_TRIM_THRESHOLD_": "1048576", "MALLOC_MMAP_THRESHOLD_": "1048576"}
"""glibc would give the memory of each chunk back to the kernel and fault it in anew for the next: three to ten times
the cost of stamping it (mallopt(3); other C libraries ignore this)."""


class LoggerProcess(NamedTuple):
    """A logger that was started, and our end of the socket to it."""

    pid: int
    pidfd: int
    socket: socket.socket

    @classmethod
    def start(cls, stderr: int = 2) -> LoggerProcess:
        """Start one, in a session of its own, without site packages: it needs the standard library only.

        Args:
            stderr: Where it says what it could not write; never a log pipe, whose end it would wait for in vain.

        Raises:
            OSError: No process or no socket to be had.
        """
        ours, theirs = socket.socketpair()
        argv = [*interpreter(), "-I", "-S", "-c", _BOOT, _ROOT]
        actions = [
            (os.POSIX_SPAWN_DUP2, theirs.fileno(), 0),
            (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
            (os.POSIX_SPAWN_DUP2, stderr, 2),
        ]
        try:
            environ = os.environ | _MALLOC
            pid = os.posix_spawn(sys.executable, argv, environ, file_actions=actions, setsid=True, setsigmask=_BLOCKED)
            pidfd = os.pidfd_open(pid)
        except OSError:
            ours.close()
            raise
        finally:
            theirs.close()
        ours.setblocking(False)
        return cls(pid, pidfd, ours)

    def resume(self) -> None:
        """Let it go on if somebody stopped it."""
        with contextlib.suppress(OSError):
            signal.pidfd_send_signal(self.pidfd, signal.SIGCONT)

    def said_until(self, end: float) -> Iterator[bytes]:
        """What it says until it has left or the time is up; `end` is monotonic.

        Raises:
            OSError: It broke off.
        """
        while (left := end - time.monotonic()) > 0:
            self.socket.settimeout(left)
            if not (data := self.socket.recv(65536)):
                return
            yield data

    def changed(self) -> str | None:
        """Whether it was "stopped" or "continued" since this was asked for the last time; None for neither."""
        with contextlib.suppress(ChildProcessError):
            found = os.waitid(os.P_PIDFD, self.pidfd, os.WSTOPPED | os.WCONTINUED | os.WNOHANG)
            if found is not None:
                return "continued" if found.si_code == os.CLD_CONTINUED else "stopped"
        return None

    def kill(self) -> None:
        """Kill it. Does not wait for that: in the middle of a write to a disk that hangs it lives on."""
        with contextlib.suppress(OSError):
            signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)

    def end(self) -> None:
        """Kill it if it still lives, and take its exit status."""
        self.socket.close()
        self.kill()
        # It may have been reaped already, as one of the supervisor's unknown children.
        with contextlib.suppress(ChildProcessError):
            os.waitid(os.P_PIDFD, self.pidfd, os.WEXITED)
        os.close(self.pidfd)
