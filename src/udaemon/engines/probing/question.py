"""One thing to ask of one process, again and again, as the supervisor hands it to the prober.

Knows nothing of how it is asked and of what follows from the answer.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from udaemon.frames import frame


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


def ask(asked: Asked) -> bytes:
    """The frame that has it asked from now on."""
    return frame(json.dumps(["ask", *asked]).encode())


def forget(number: int) -> bytes:
    """The frame that has it asked no more."""
    return frame(json.dumps(["forget", number]).encode())
