"""What the process objects and the client of a zygote need of whoever wants processes of it.

Knows nothing of how any of them works.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from udaemon.engines.zygote.popen import Popen


class Parent(Protocol):
    """Who wants the processes."""

    def launch(self, popen: Popen) -> None:
        """Have it forked, now or later."""

    def forked(self, popen: Popen) -> None:
        """It exists; `pid` and `sentinel` are set."""

    def failed(self, popen: Popen, message: str) -> None:
        """It does not exist."""

    def lost(self, popens: Sequence[Popen], message: str) -> None:
        """Nobody knows whether these exist. Their zygote has ended."""

    def notice(self, message: str) -> None:
        """Something the operator should know of."""


class Origin(NamedTuple):
    """Which zygote a process was forked from, by pid, and why that had imported nothing for it; None where it had."""

    zygote: int
    bare: str | None = None


class Timeouts(NamedTuple):
    """How long to wait for a zygote before it is replaced, in seconds, and for a program to be executed.

    `answer` is for a batch and for the first sign of life, `preload` for the import of one module, or for reading the
    source of all. A loaded machine may need a second or two for an exec that usually takes a millisecond; after
    `execute` it is told that a process is there without its program.
    """

    answer: float = 10.0
    preload: float = 60.0
    execute: float = 5.0
