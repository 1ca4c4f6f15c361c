"""Our own stderr: what we or a zygote write there, tracebacks mostly, goes to a common log.

Knows no manifest; it is told which common logs there are.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence


class OwnStderr:
    """Leads to the first common log, and to another one when that is used no more.

    Args:
        open_log: Gives the write end of a pipe into a common log.
    """

    def __init__(self, open_log: Callable[[str], int]) -> None:
        self._open_log = open_log
        self._path: str | None = None
        self._leads = [os.dup(2)]
        self.fd: int = self._leads[0]
        """Leads there from the beginning: what zygotes write to. Our own stderr does so from `take` on."""

    def take(self) -> None:
        """Have our own stderr lead there, too: until now whoever started us was to see what we wrote."""
        os.dup2(self.fd, 2)
        self._leads.append(2)

    def lead_to(self, logs: Sequence[str]) -> None:
        """Lead to one of these."""
        if logs and self._path not in logs:
            output = self._open_log(logs[0])
            for fd in self._leads:
                os.dup2(output, fd, inheritable=fd == 2)
            os.close(output)
            self._path = logs[0]

    def give_back(self, terminal: int) -> None:
        """Let go of the log: what we write from now on goes to the terminal."""
        os.close(self._leads.pop(0))
        os.dup2(terminal, 2)
