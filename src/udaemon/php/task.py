"""A task whose runs are done by PHP, so that a PHP class is scheduled, counted and stopped as any Python task is.

Knows nothing of the loop and of how it is declared: the key `php` of a manifest comes here as arguments.
"""

from __future__ import annotations

import atexit
import sys
from collections.abc import Sequence

from udaemon.child.forms import Misconfigured
from udaemon.child.task import StopTask
from udaemon.php import MISSING, RUNNER
from udaemon.php.runner import PhpError, Runner
from udaemon.units import mebibytes


def create(
    *,
    bootstrap: str,
    factory: str,
    interpreter: Sequence[str],
    memory_limit: int | None,
    memory_threshold: float,
) -> PhpTask:
    r"""Make the task.

    Args:
        bootstrap: The PHP file that makes the application's classes known, such as `vendor/autoload.php`.
        factory: The PHP callable that makes the task, such as `Acme\Mail\Queue::create`.
        interpreter: The PHP to run, and what it is always told.
        memory_limit: PHP's `memory_limit` in bytes; None leaves it to php.ini.
        memory_threshold: Percent of it above which PHP is started anew before the next run.

    Raises:
        Misconfigured: PHP is not installed, or there is no such bootstrap or factory.
        PhpError: The bootstrap or the factory threw, or PHP ended before the task was made.
    """
    settings = [] if memory_limit is None else ["-d", f"memory_limit={memory_limit}"]
    return PhpTask([*interpreter, *settings, RUNNER, bootstrap, factory], threshold=memory_threshold)


class PhpTask:
    """Asks a PHP process for each run. It is started at once, and anew when it has grown too large."""

    def __init__(self, argv: list[str], *, threshold: float) -> None:
        self._argv = argv
        self._threshold = threshold
        self._runner: Runner | None = self._start()
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
        if answer.get("stop"):
            raise StopTask
        if "error" in answer:
            raise PhpError(answer["error"], logged=True)
        self._look(answer["memory"], answer["limit"])

    def close(self) -> None:
        """End the PHP process."""
        if self._runner is not None:
            self._runner.close()
            self._runner = None

    def _look(self, used: int, limit: int) -> None:
        """End a PHP that has grown too large; the next run starts another one. A limit of 0 is none."""
        if limit and used * 100 > limit * self._threshold:
            share = f"{self._threshold:g} % of its memory_limit of {mebibytes(limit)}"
            print(f"udaemon: PHP is started anew: {mebibytes(used)} is more than {share}", file=sys.stderr)
            self.close()

    def _start(self) -> Runner:
        try:
            runner = Runner(self._argv)
        except FileNotFoundError:
            raise Misconfigured(f"{self._argv[0]} is not installed; {MISSING}") from None
        try:
            answer = runner.read()
            if "error" in answer:
                raise PhpError(answer["error"], logged=True)
            if "refused" in answer:
                raise Misconfigured(answer["refused"])
        except (PhpError, Misconfigured):
            runner.close()
            raise
        return runner
