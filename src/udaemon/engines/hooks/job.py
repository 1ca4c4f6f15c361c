"""One event to be told by one hook, as the supervisor hands it to the runner.

Knows nothing of how it is told, of when there is one, and of what follows when it cannot be told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

LONGEST_PAYLOAD = 32 * 1024
"""Bytes of an event: less than a pipe holds (pipe(7)), so that a command has it all before it is started."""


class Job(NamedTuple):
    """What is to be told, and how. Durations in seconds.

    Attributes:
        id: Its number; the verdict carries it.
        payload: The event, as JSON.
        timeout: For each try.
        retries: Further tries.
        argv: The command, empty for a webhook.
        cwd: Where it runs.
        env: Its environment.
        url: The webhook's.
        headers: The webhook's.
    """

    id: int
    payload: str
    timeout: float
    retries: int = 0
    argv: Sequence[str] = ()
    cwd: str = "/"
    env: Mapping[str, str] = {}
    url: str = ""
    headers: Mapping[str, str] = {}

    @property
    def longest(self) -> float:
        """Seconds after which whoever was given it has lost it: all tries, the waits between them, and a margin."""
        return (self.timeout + LONGEST_WAIT) * (self.retries + 1) + 10.0


FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0
"""Seconds between the first two tries, doubled each time, and at most."""
