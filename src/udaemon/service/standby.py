"""A supervisor that stands by: started beside the one in charge, it has loaded its code and waits to take over.

Knows nothing of what is taken over. The keeper has it, as the parent of both.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress

from udaemon.child.environment import callers, interpreter
from udaemon.logs.wire import LONGEST
from udaemon.system import seqpacket
from udaemon.system.last_words import last_words

STATE_VERSION = 1
"""Of what a keeper leaves to the program that takes its place, and a supervisor in the store to the next one."""

_TAKE_OVER = "import sys; from udaemon.service.spawn_supervisor import main_again; main_again(int(sys.argv[1]))"


class StandBy:
    """One such process.

    Attributes:
        pid: Of the process, a child of ours.
        socket: Our end of the connection to it.
        stderr: A file that it writes its errors to.
        names: Beginnings of the names under which what it is to be shown is kept.

    Args:
        pid: See there.
        fd: The connection.
        stderr: See there.
        names: See there.
    """

    def __init__(self, pid: int, fd: int, stderr: int, names: Sequence[str] = ()) -> None:
        self.pid = pid
        self.socket = socket.socket(fileno=fd)
        self.stderr = stderr
        self.names = tuple(names)

    @classmethod
    def start(cls, names: Sequence[str]) -> StandBy:
        """Start one by the code that is installed now.

        Raises:
            OSError: There are no processes or descriptors to be had, or the interpreter is not there.
        """
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        stderr = os.memfd_create("udaemon-stderr", os.MFD_CLOEXEC)
        try:
            with theirs:
                pid = start_supervisor(theirs, stderr)
        except OSError:
            ours.close()
            os.close(stderr)
            raise
        return cls(pid, ours.detach(), stderr, names)

    def dismiss(self) -> str:
        """End it. Returns why it ended, where it has done so by itself."""
        said = last_words(self.stderr)
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)  # a child that is not reaped: nobody else's number
        how = 0
        with suppress(ChildProcessError):
            how = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        self.close()
        return said or (f"it was killed by signal {-how}" if how < 0 else f"it ended with exit code {how}")

    def said(self) -> bytes | None:
        """What it says; None where it has ended."""
        try:
            return seqpacket.receive(self.socket, LONGEST, flags=socket.MSG_DONTWAIT)[0] or None
        except BlockingIOError:
            return b""
        except OSError:
            return None

    def close(self) -> None:
        """Let go of it, whatever it does."""
        self.socket.close()
        os.close(self.stderr)


def start_supervisor(theirs: socket.socket, stderr: int) -> int:
    """Start a supervisor that takes over what it gets through `theirs`. Returns its pid.

    Raises:
        OSError: There is no process to be had, or the interpreter is not there.
    """
    argv = [*interpreter(), "-P", "-c", _TAKE_OVER, str(theirs.fileno())]
    theirs.set_inheritable(True)
    actions = [(os.POSIX_SPAWN_DUP2, stderr, 2)]
    return os.posix_spawn(sys.executable, argv, callers(), file_actions=actions, setsid=True)
