"""One event to be told by one hook, as the supervisor hands it to the runner, and the answer.

Knows nothing of how it is told, of when there is one, and of what follows when it cannot be told.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from udaemon.frames import frame

LIMIT = 1024 * 1024
"""Bytes of a frame: an environment may be long."""
LONGEST_REASON = 300
LONGEST_PAYLOAD = 32 * 1024
"""Bytes of an event: less than a pipe holds (pipe(7)), so that a command has it all before it is started."""


class Job(NamedTuple):
    """What is to be told, and how. Durations in seconds.

    Attributes:
        id: Its number; the answer carries it.
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


def ask(job: Job) -> bytes:
    """The frame that has it told."""
    return frame(json.dumps(list(job)).encode())


def job_of(payload: bytes) -> Job:
    """The job in a frame."""
    return Job(*json.loads(payload))


def answer(number: int, *, ok: bool, reason: str) -> bytes:
    """The frame that says what came of it."""
    return frame(json.dumps([number, ok, reason[:LONGEST_REASON]]).encode())


def answered(payload: bytes) -> tuple[int, bool, str]:
    """The answer in a frame.

    Raises:
        ValueError: It is none.
    """
    said: Any = json.loads(payload)
    if not isinstance(said, list) or len(said) != 3 or not isinstance(said[0], int):
        raise ValueError("no answer")
    return said[0], bool(said[1]), str(said[2])
