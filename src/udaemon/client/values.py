"""What a supervisor tells, as frozen values: instances, events, outcomes.

Knows no socket. The names are those of `ps --json` (docs/reference/contract.md), durations are seconds, sizes bytes;
None is what is not known, or is not there.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

from cattrs import BaseValidationError, Converter

from udaemon.errors import UdaemonError
from udaemon.frozen import frozen
from udaemon.policy.instance import State, Wanted
from udaemon.policy.reasons import Reason

_T = TypeVar("_T")


@frozen(kw_only=True)
class Exit:
    """How the last process of an instance ended; all None where none has.

    Attributes:
        code: The exit code, None where a signal ended it.
        signal: The number of that signal.
        reason: Why it came to that, as far as udaemon knows.
        at: When.
    """

    code: int | None
    signal: int | None
    reason: Reason | None
    at: datetime | None


@frozen(kw_only=True)
class Run:
    """The last run of an instance that is over; all None where there was none.

    Attributes:
        id: Its number, from 1 on.
        started_at: When it began.
        duration: Seconds that it took.
        outcome: `ok` or `failed`.
        error: The last line of what it raised, None after a good one.
    """

    id: int | None
    started_at: datetime | None
    duration: float | None
    outcome: str | None
    error: str | None


@frozen(kw_only=True)
class Runs:
    """The runs of an instance since `up`, over restarts of its process.

    Attributes:
        count: How many are over, the failed ones among them.
        failed: How many of them failed.
        late: How many began later than planned.
        missed: How many were due and did not begin.
        current_started_at: When the one under way began, None between two.
        last: The last one that is over.
        duration_p50: Half of them took so many seconds at most.
        duration_p95: The same of 95 in 100.
        next_at: When the next one is due.
    """

    count: int
    failed: int
    late: int
    missed: int
    current_started_at: datetime | None
    last: Run
    duration_p50: float | None
    duration_p95: float | None
    next_at: datetime | None


@frozen(kw_only=True)
class Memory:
    """The memory of an instance's process.

    Attributes:
        rss: Bytes that are resident.
        limit: Bytes that it may have, None for any number.
        threshold: Percent of the limit at which it is replaced between two runs.
    """

    rss: int | None
    limit: int | None
    threshold: float | None


@frozen(kw_only=True)
class Instance:
    """One copy of a daemon, as it was when it was asked for. Its text is "mailer/0".

    Attributes:
        name: The daemon.
        instance: Which copy, from 0 on.
        instances: How many copies there are.
        kind: `factory`, `task` or `command`.
        state: What it is.
        wanted: What the operator wants it to be.
        activity: `in-run`, `sleeping`, `waiting` for a lock, `leaving` or `paused`; None where it has no runs.
        health: `ok`, `failing`, `unready` (it was ready, and is no longer), or `unknown` where nothing is asked.
        status: What it tells of itself by sd_notify's STATUS=; None where it tells nothing.
        pid: Its process.
        started_at: When that began.
        uptime: Seconds since then.
        restarts: How often it was started again by itself.
        drift: Whether it is not as the manifest on disk says: an edit is not applied yet, or `scale` holds.
        exit: How its last process ended.
        next_attempt_at: When it is started again, where it waits for that.
        runs: Its runs, all zero or None where it has none.
        memory: That of its process.
        log: The path of its log.
        log_state: `ok`, or what is wrong with it: `blocked (ENOSPC)`.
        host: The name of the machine.
    """

    name: str
    instance: int
    instances: int
    kind: str
    state: State
    wanted: Wanted
    activity: str | None
    health: str
    status: str | None
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
    """What happened to an instance, or to the supervisor itself.

    Attributes:
        at: When.
        name: The daemon, None for the supervisor.
        instance: Which copy of it, None for the supervisor.
        event: What it was, as a word: `started`, `run-failed` …
        message: The same in words for people.
        data: Its facts, by name; which there are, depends on the event.
    """

    at: datetime
    name: str | None
    instance: int | None
    event: str
    message: str | None
    data: Mapping[str, Any]


@frozen(kw_only=True)
class Outcome:
    """What came of a request for one instance. Its text is "mailer/0 started as pid 12".

    Attributes:
        name: The daemon.
        instance: Which copy of it.
        ok: Whether it became what was asked for.
        message: What it became, in words that follow its name.
    """

    name: str
    instance: int
    ok: bool
    message: str

    def __str__(self) -> str:
        return f"{self.name}/{self.instance} {self.message}"


@frozen(kw_only=True)
class Supervisor:
    """Who supervises a project.

    Attributes:
        version: Of udaemon.
        project: The project's name.
        context: The manifest's, "" for none.
        manifest: The path of the file that it was started from.
        pid: Its process.
        started_at: When that began.
        uptime: Seconds since then.
        daemons: How many instances each daemon has, by name.
    """

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
