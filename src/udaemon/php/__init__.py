"""A task whose runs are done by PHP, so that a PHP class is scheduled, counted and stopped as any Python task is.

Knows nothing of the loop. A manifest names it as `factory = "udaemon.php:create"`.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import subprocess
import sys
from typing import Any

from udaemon import StopTask
from udaemon.child.build import Misconfigured

RUNNER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "runner.php")
FOREGROUND = os.path.join(os.path.dirname(os.path.abspath(__file__)), "foreground.php")
"""Loaded before an entry script, it makes the PHP library stay in the foreground."""
FOLLOW = "udaemon.php.follow"
"""The module that stays in the foreground for a launcher that does not."""

_PATIENCE = 2.0
_LONGEST_ANSWER = 65536


class PhpError(Exception):
    """What went wrong in PHP; its trace is in the log."""


def create(
    *,
    bootstrap: str,
    factory: str,
    php: str = "php",
    memory_limit: str | None = None,
    memory_threshold: float = 70,
) -> PhpTask:
    r"""Make the task; the params of a manifest are its arguments.

    Args:
        bootstrap: The PHP file that makes the application's classes known, such as `vendor/autoload.php`.
        factory: The PHP callable that makes the task, such as `Acme\Mail\Queue::create`.
        php: The PHP to run.
        memory_limit: PHP's `memory_limit`, as PHP writes it.
        memory_threshold: Percent of it above which PHP is started anew before the next run.

    Raises:
        Misconfigured: PHP is not installed, or there is no such bootstrap or factory.
        PhpError: PHP ended before the task was made.
    """
    settings = [] if memory_limit is None else ["-d", f"memory_limit={memory_limit}"]
    return PhpTask([php, *settings, RUNNER, os.path.abspath(bootstrap), factory], threshold=memory_threshold)


class PhpTask:
    """Asks a PHP process for each run. It is started at once, and anew when it has grown too large."""

    def __init__(self, argv: list[str], *, threshold: float) -> None:
        self._argv = argv
        self._threshold = threshold
        self._runner: _Runner | None = self._start()
        atexit.register(self.close)

    def do_task(self) -> None:
        """Let PHP do one run.

        Raises:
            StopTask: The PHP task threw the library's StopException.
            PhpError: It threw anything else, or PHP died.
        """
        if self._runner is None:
            self._runner = self._start()
        try:
            answer = self._runner.ask()
        except PhpError:
            self.close()
            raise
        if answer.get("full"):
            self.close()
        if answer.get("stop"):
            raise StopTask
        if "error" in answer:
            raise PhpError(answer["error"])

    def close(self) -> None:
        """End the PHP process."""
        if self._runner is not None:
            self._runner.close()
            self._runner = None

    def _start(self) -> _Runner:
        try:
            runner = _Runner(self._argv, self._threshold)
        except FileNotFoundError:
            raise Misconfigured(f"{self._argv[0]} is not installed; on Debian: apt-get install php-cli") from None
        try:
            refused = runner.read().get("refused")
        except PhpError:
            runner.close()
            raise
        if refused is not None:
            runner.close()
            raise Misconfigured(refused)
        return runner


class _Runner:
    """A process of `runner.php` and the pipes to it."""

    def __init__(self, argv: list[str], threshold: float) -> None:
        asked, self._ask = os.pipe()
        self._answer, answered = os.pipe()
        self._read = b""
        try:
            self._process = subprocess.Popen(
                [*argv, str(asked), str(answered), f"{threshold:g}"],
                stdin=subprocess.DEVNULL,
                pass_fds=(asked, answered),
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
