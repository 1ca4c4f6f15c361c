"""One thing to ask of one process, again and again, as the supervisor hands it to the prober.

Knows nothing of how it is asked and of what follows from the answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class Asked(NamedTuple):
    """A question with its rules. Durations in seconds.

    Attributes:
        id: Its number; verdicts carry it.
        way: `tcp http exec file`.
        what: An address, a URL, a command, a path.
        period: From one question to the next.
        timeout: For each.
        delay: Until the first.
        failures: In a row that count.
        successes: In a row that count.
        good: What it is until it has proved otherwise.
        cwd: Where a command runs.
        env: Its environment.
    """

    id: int
    way: str
    what: Any
    period: float
    timeout: float
    delay: float
    failures: int
    successes: int
    good: bool
    cwd: str = "/"
    env: Mapping[str, str] = {}
