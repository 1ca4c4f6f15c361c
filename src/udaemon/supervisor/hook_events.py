"""What hooks are told: which event a notice is, and the event as JSON and as variables.

Knows no queue and no way to tell it. docs/guide/hooks.md has the shape, which is a promise.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from udaemon.engines.hooks.job import LONGEST_PAYLOAD
from udaemon.frozen import frozen
from udaemon.manifest.probes import way
from udaemon.manifest.secrets import masked_text
from udaemon.policy import probing
from udaemon.policy.effects import EventName
from udaemon.policy.instance import Instance
from udaemon.policy.plan import has_task
from udaemon.policy.restart import succeeded

VERSION = 1
"""Of the shape of an event."""

_LONGEST_TEXT = 2000
_NAMED: Mapping[str, str] = {
    EventName.STARTED: "start",
    EventName.READY: "ready",
    EventName.RESTARTING: "restart",
    EventName.FAILED: "failed",
    EventName.UNREADY: "health",
    EventName.FAILING: "health",
    EventName.HEALTHY: "health",
    EventName.SKIPPED: "missed",
}


def named(word: str, instance: Instance) -> tuple[str, ...]:
    """The events that a notice about an instance is, by their names in a manifest; none for most."""
    if word == EventName.STARTED and not has_task(instance.daemon) and way(instance.daemon.ready) is None:
        return "start", "ready"  # a command is ready when it was executed
    if word == EventName.EXITED and instance.daemon.is_scheduled and instance.exit is not None:
        return ("task-done",) if succeeded(instance.exit, instance.daemon) else ("task-failed",)
    event = _NAMED.get(word)
    return () if event is None else (event,)


class Run(NamedTuple):
    """What is known of a run. Durations in seconds; `started` is wall time, worked out where it is not known."""

    id: int | None
    duration: float | None
    lateness: float | None = None
    started: float | None = None
    error: str | None = None

    def facts(self, ended: float) -> dict[str, Any]:
        """As it stands in an event."""
        started = ended - self.duration if self.started is None and self.duration is not None else self.started
        return {
            "id": self.id,
            "started_at": None if started is None else _timestamp(started),
            "duration": self.duration,
            "lateness": self.lateness,
            "error": self.error and masked_text(self.error)[:_LONGEST_TEXT],
        }


@frozen(kw_only=True)
class Happening:
    """One event of one instance. `at` is wall time in seconds; `run` and `missed` are there where it is about those."""

    event: str
    instance: Instance
    at: float
    message: str
    run: Run | None = None
    missed: int | None = None

    @property
    def reason(self) -> str | None:
        """Why its process ended, where it has none any more."""
        ended = self.instance.exit if self.instance.own_pid is None else None
        return None if ended is None else ended.reason.value

    def payload(self) -> str:
        """The event as JSON, within the longest that may be told."""
        instance, end = self.instance, self.instance.exit
        said = {
            "version": VERSION,
            "event": self.event,
            "at": _timestamp(self.at),
            "project": instance.plan.project,
            "context": instance.plan.context,
            "name": instance.daemon.name,
            "instance": instance.index,
            "instances": instance.daemon.instances,
            "message": masked_text(self.message)[:_LONGEST_TEXT],
            "state": instance.state.value,
            "health": probing.health(instance),
            "pid": instance.own_pid,
            "restarts": instance.restarts,
            "reason": self.reason,
            "exit": None if end is None else {"code": end.code, "signal": end.signal, "reason": end.reason.value},
            "run": self.run and self.run.facts(self.at),
            "missed": self.missed,
        }
        text = json.dumps(said)
        return text if len(text) <= LONGEST_PAYLOAD else json.dumps({**said, "message": "", "run": None})

    def variables(self) -> dict[str, str]:
        """What a command finds in its environment beside its daemon's own."""
        end = self.instance.exit
        facts = {
            "UDAEMON_EVENT": self.event,
            "UDAEMON_AT": _timestamp(self.at),
            "UDAEMON_MESSAGE": masked_text(self.message)[:_LONGEST_TEXT].replace("\0", ""),
            "UDAEMON_STATE": self.instance.state.value,
            "UDAEMON_PID": self.instance.own_pid,
            "UDAEMON_RESTARTS": self.instance.restarts,
            "UDAEMON_REASON": self.reason,
            "UDAEMON_EXIT_CODE": None if end is None else end.code,
            "UDAEMON_EXIT_SIGNAL": None if end is None else end.signal,
            "UDAEMON_RUN": self.run and self.run.id,
        }
        return {name: str(value) for name, value in facts.items() if value is not None}


def _timestamp(wall: float) -> str:
    try:
        then = datetime.fromtimestamp(wall, UTC)
    except (ValueError, OverflowError, OSError):  # a child may say any number
        then = datetime.fromtimestamp(0, UTC)
    return then.isoformat(timespec="milliseconds").replace("+00:00", "Z")
