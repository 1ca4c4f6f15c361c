"""A process of `runner.php` and the pipes to it.

Knows nothing of tasks and their pauses, nor of what is asked and answered beyond that it is one line each.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

_PATIENCE = 2.0
_LONGEST_ANSWER = 65536


class PhpError(Exception):
    """What went wrong in PHP, in its words. A trace of ours would add nothing; `logged` says that PHP wrote its own."""

    foreign = True

    def __init__(self, message: str, *, logged: bool = False) -> None:
        super().__init__(message)
        self.logged = logged


class Runner:
    """Started at once by `argv`, to which the numbers of its pipes are added.

    Raises:
        FileNotFoundError: There is no such program.
    """

    def __init__(self, argv: Sequence[str]) -> None:
        asked, self._ask = os.pipe()
        self._answer, answered = os.pipe()
        self._read = b""
        try:
            self._process = subprocess.Popen(
                [*argv, str(asked), str(answered)], stdin=subprocess.DEVNULL, pass_fds=(asked, answered)
            )
        except OSError:
            os.close(self._ask)
            os.close(self._answer)
            raise
        finally:
            os.close(asked)
            os.close(answered)

    def ask(self) -> dict[str, Any]:
        """Order a run and wait for its answer."""
        try:
            os.write(self._ask, b"run\n")
        except BrokenPipeError:
            raise self._died() from None
        return self.read()

    def read(self) -> dict[str, Any]:
        """Wait for an answer, or for the end of PHP.

        Raises:
            PhpError: It ended, or answered what is no answer.
        """
        while b"\n" not in self._read and len(self._read) <= _LONGEST_ANSWER:
            if not self._readable():
                raise self._died()
            piece = os.read(self._answer, _LONGEST_ANSWER)
            if not piece:
                raise self._died()
            self._read += piece
        line, _, self._read = self._read.partition(b"\n")
        try:
            answer = json.loads(line)
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise PhpError("PHP answered what is no answer")
        return answer

    def close(self) -> None:
        """End its asking, and wait until it has left; it is killed when it does not."""
        os.close(self._ask)
        os.close(self._answer)
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _readable(self) -> bool:
        """Whether there is something to read. What a PHP task started may hold the pipe after PHP has died."""
        if sys.platform != "linux":
            return True
        poller = select.poll()
        poller.register(self._answer, select.POLLIN)
        pidfd = os.pidfd_open(self._process.pid)
        try:
            poller.register(pidfd, select.POLLIN)
            return any(fd == self._answer for fd, _ in poller.poll())
        finally:
            os.close(pidfd)

    def _died(self) -> PhpError:
        code = self._process.wait()
        how = f"was killed by signal {-code}" if code < 0 else f"left with exit code {code}"
        return PhpError(f"PHP {how}")
