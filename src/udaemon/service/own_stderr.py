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

    def lead_to(self, logs: Sequence[str]) -> None:
        """Lead to one of these."""
        if logs and self._path not in logs:
            output = self._open_log(logs[0])
            os.dup2(output, 2)
            os.close(output)
            self._path = logs[0]
