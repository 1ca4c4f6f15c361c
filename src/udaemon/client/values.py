"""What a supervisor tells, as frozen values: instances, events, outcomes.

Knows no socket. The names are those of `ps --json` (docs/reference/contract.md), durations are seconds, sizes bytes;
None is what is not known, or is not there.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

from attrs import frozen
from cattrs import BaseValidationError, Converter

from udaemon.errors import UdaemonError
from udaemon.policy.events import Reason
from udaemon.policy.instance import State, Wanted

_T = TypeVar("_T")


@frozen(kw_only=True)
class Exit:
    """How the last process of an instance ended."""

    code: int | None
    signal: int | None
    reason: Reason | None
    at: datetime | None


@frozen(kw_only=True)
class Run:
    """The last run of an instance. `outcome` is `ok` or `failed`."""

    id: int | None
    started_at: datetime | None
    duration: float | None
    outcome: str | None
    error: str | None


@frozen(kw_only=True)
class Runs:
    """The runs of an instance since `up`, over restarts of its process."""

    count: int
    failed: int
    late: int
    current_started_at: datetime | None
    last: Run
    duration_p50: float | None
    duration_p95: float | None
    next_at: datetime | None


@frozen(kw_only=True)
class Memory:
    """What the process of an instance has resident, its limit, and the percent of it at which it is replaced."""

    rss: int | None
    limit: int | None
    threshold: float | None


@frozen(kw_only=True)
class Instance:
    """One copy of a daemon, as it was when it was asked for."""

    name: str
    instance: int
    instances: int
    kind: str
    state: State
    wanted: Wanted
    activity: str | None
    health: str
    pid: int | None
    started_at: datetime | None
    uptime: float | None
    restarts: int
    drift: bool
    exit: Exit
    next_attempt_at: datetime | None
    runs: Runs
    memory: Memory
    log: str
    log_state: str
    host: str

    def __str__(self) -> str:
        return f"{self.name}/{self.instance}"


@frozen(kw_only=True)
class Event:
    """What happened to an instance, or to the supervisor itself where `name` is None.

    `event` is a word (`started`, `run-failed` …), `message` says it in words, `data` in numbers.
    """

    at: datetime
    name: str | None
    instance: int | None
    event: str
    message: str | None
    data: Mapping[str, Any]


@frozen(kw_only=True)
class Outcome:
    """What came of a request for one instance; `message` follows its name: "mailer/0 started as pid 12"."""

    name: str
    instance: int
    ok: bool
    message: str

    def __str__(self) -> str:
        return f"{self.name}/{self.instance} {self.message}"


@frozen(kw_only=True)
class Supervisor:
    """Who supervises a project. `manifest` is the file it was started from, `daemons` tells the instances of each."""

    version: str
    project: str
    context: str
    manifest: str
    pid: int
    started_at: datetime
    uptime: float
    daemons: Mapping[str, int]


def read(told: Any, kind: type[_T]) -> _T:
    """Make a value of what was told; further fields are a newer supervisor's, and left out.

    Raises:
        UdaemonError: It is something else.
    """
    try:
        return _converter().structure(told, kind)
    except (BaseValidationError, KeyError, TypeError, ValueError) as error:
        raise UdaemonError(
            f"the supervisor's answer is not understood: it tells no {kind.__name__}",
            "it may be of another version of udaemon; restart it",
        ) from error


@cache
def _converter() -> Converter:
    converter = Converter()
    converter.register_structure_hook(datetime, lambda text, _: datetime.fromisoformat(text))
    return converter
