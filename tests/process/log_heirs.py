"""Loggers that are killed at a chosen line of their code, and the ones that take over from them.

Knows nothing of what is written. A killed one runs in a fork, under a trace function that counts the lines of
`udaemon.logs` and ends the process at one of them by SIGKILL: so every place is tried, and none has to be named.
"""

from __future__ import annotations

import _socket
import os
import signal
import socket
import sys
import traceback
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any

from udaemon.logs import logger
from udaemon.logs.handed import HandedPipe
from udaemon.logs.inheritance import Inheritance
from udaemon.logs.log_target import LogTarget
from udaemon.logs.logger import Logger
from udaemon.logs.wire import pack

_OURS = os.path.dirname(logger.__file__) + os.sep


def _nothing() -> None:
    """Nothing is to be done first."""


class Estate:
    """What survives a logger: its journal, and the pipes, which hold `texts` and have ended, one for each target."""

    def __init__(self, targets: Sequence[LogTarget], texts: Sequence[bytes]) -> None:
        self.inheritance = Inheritance.new()
        self.pipes: list[HandedPipe] = []
        paths = list(dict.fromkeys(target.path for target in targets))
        for slot, (target, text) in enumerate(zip(targets, texts, strict=True)):
            read, write = os.pipe2(os.O_CLOEXEC)
            os.write(write, text)
            os.close(write)
            pipe = HandedPipe(slot, read, target, (slot, paths.index(target.path)))
            pipe.pid = 77
            self.pipes.append(pipe)

    def run(
        self, killed_at: int | None = None, *, leave: bool = True, first: Callable[[], None] = _nothing
    ) -> int | None:
        """Let a logger work until it has written everything and leaves, or is killed.

        Args:
            killed_at: Number of the line at which it is killed, None for never.
            leave: It gives files up that refuse; else only its kill ends it.
            first: Called in its process.

        Returns:
            None where it was killed, else how many lines it took.
        """
        ours, theirs = socket.socketpair()
        messages = [*self.inheritance.messages()]
        told = [message for pipe in self.pipes for message in pipe.messages()]
        for data, fd in [*messages, *told, (pack("begin", ""), None)]:
            ours.send(data) if fd is None else socket.send_fds(ours, [data], [fd])
        if leave:
            ours.send(pack("finish", "1"))
        read, write = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                ours.close()
                first()
                lines = _run(theirs.detach(), killed_at)
                os.write(write, b"%d" % lines)
                os._exit(0)
            except BaseException:
                traceback.print_exc()
            os._exit(1)
        os.close(write)
        theirs.close()
        with open(read, "rb") as pipe:
            answer = pipe.read()
        _, status = os.waitpid(pid, 0)
        ours.close()
        assert status in (0, signal.SIGKILL), status
        return int(answer) if status == 0 else None

    def close(self) -> None:
        """Let go of it."""
        self.inheritance.close()
        for pipe in self.pipes:
            pipe.close()


def _run(control: int, killed_at: int | None) -> int:
    lines = 0

    def trace(frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal lines
        if not frame.f_code.co_filename.startswith(_OURS):
            return None
        if event == "line":
            if lines == killed_at:
                os.kill(os.getpid(), signal.SIGKILL)
            lines += 1
        return trace

    sys.settrace(trace)
    Logger(_socket.socket(fileno=control)).run()
    sys.settrace(None)
    return lines
