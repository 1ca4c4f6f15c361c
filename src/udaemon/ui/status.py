"""The cards of `status`: all that one wants to know of an instance, or of a project, at a glance.

Knows no supervisor and no terminal: JSON in, rows out; now is an argument.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from udaemon.ui.card import Row
from udaemon.ui.escape import escape
from udaemon.ui.ps import BAD_HEALTH, TINTS, ending, name
from udaemon.ui.words import ago, until
from udaemon.units import short, size

Told = Mapping[str, Any]

_EVENTS = 5


def instance_card(
    one: Told, daemon: Told, events: Sequence[Told], *, log: Sequence[str], place: str | None, now: float
) -> list[Row]:
    """The card of one instance.

    Args:
        one: The instance, as `inspect` answers it.
        daemon: What is declared of it, likewise.
        events: What happened to it of late, the oldest first.
        log: Its last lines, safe to show.
        place: Where the manifest declares it, as `udaemon.toml:12`.
        now: Wall time in seconds.
    """
    state = f"{name(one)}  {one['state']}" + (f" for {short(one['uptime'])}" if one["uptime"] is not None else "")
    return [
        Row("", [state], TINTS.get(one["state"], "dim")),
        Row("about", _some(daemon["description"])),
        Row("why", _why(one, now), "red" if one["state"] in {"failed", "backoff"} else ""),
        Row("next", _next(one, now)),
        Row("last run", _last_run(one, now)),
        Row("runs", _runs(one)),
        Row("memory", _memory(one)),
        Row("restarts", _some(str(one["restarts"] or ""))),
        Row("pid", _some(str(one["pid"] or ""))),
        *_declared(daemon, place),
        Row("log", [escape(one["log"]) + ("" if one["log_state"] == "ok" else f" ({escape(one['log_state'])})")]),
        Row("last lines", log, short=True),
        Row("events", [_event(event, now) for event in events[-_EVENTS:]], short=True),
    ]


def scaled_card(daemon: Told, *, place: str | None) -> list[Row]:
    """The card of a daemon of which there is no instance."""
    return [
        Row("", [f"{escape(daemon['name'])}  scaled to 0"], "dim"),
        Row("about", _some(daemon["description"])),
        Row("next", [f"udaemon scale {escape(daemon['name'])}=1 adds an instance"]),
        *_declared(daemon, place),
    ]


def project_card(hello: Told, instances: Sequence[Told], events: Sequence[Told], *, now: float) -> list[Row]:
    """The card of a project: what it is, what its daemons are, and which of them need attention.

    Args:
        hello: What the supervisor answers to `hello`.
        instances: As in `ps --json`.
        events: What happened of late, the oldest first.
        now: Wall time in seconds.
    """
    states = ", ".join(f"{count} {state}" for state, count in hello["states"].items())
    wanted = [one for one in instances if one["wanted"] == "up"]
    troubled = [(one, one["state"]) for one in wanted if one["state"] in {"failed", "backoff"}]
    troubled += [(one, one["health"]) for one in wanted if one["state"] == "running" and one["health"] in BAD_HEALTH]
    return [
        Row("", [f"{escape(hello['project'])}  {states or 'no daemons'}"], "bold"),
        Row("context", _some(hello["context"])),
        Row("supervisor", [f"pid {hello['pid']}, for {short(hello['uptime'])}"]),
        Row("manifest", [escape(hello["manifest"])]),
        Row("trouble", [f"{name(one)} {what}: {_trouble(one, now)}" for one, what in troubled], "red"),
        Row("events", [_event(event, now, who=True) for event in events[-_EVENTS:]], short=True),
    ]


def _declared(daemon: Told, place: str | None) -> list[Row]:
    what = "command" if daemon["command"] else "task" if daemon["task"] else "factory"
    return [Row(what, _what(daemon)), Row("declared", _some(place or ""))]


def _some(text: str) -> list[str]:
    return [escape(text)] if text else []


def _why(one: Told, now: float) -> list[str]:
    """What explains the state: how the last process ended, and the message that goes with it."""
    told = []
    if one["exit"]["reason"] is not None:
        told.append(f"last exit: {_ending(one['exit'], now)}" + (", core dumped" if one["core"] else ""))
    message = one["message"] or one["runs"]["last"]["error"]
    if message:
        told.append(escape(message))
    if one["survivors"]:
        told.append("still lives: pid " + ", ".join(map(str, one["survivors"])))
    return told


def _trouble(one: Told, now: float) -> str:
    return escape(one["runs"]["last"]["error"] or _ending(one["exit"], now))


def _ending(end: Mapping[str, Any], now: float) -> str:
    return ending(end) + ("" if end["at"] is None else f", {ago(end['at'], now)}")


def _next(one: Told, now: float) -> list[str]:
    if one["next_attempt_at"] is not None:
        return [f"started again {until(one['next_attempt_at'], now)}"]
    if one["activity"] == "suspended":
        return ["suspended: its process stands still until it gets CONT"]
    if one["activity"] == "paused":
        return ["paused: begins no run until it is resumed"]
    if one["activity"] == "in-run":
        return ["in a run" + ("" if one["runs"]["current_started_at"] is None else _since(one, now))]
    due = one["runs"]["next_at"]
    return [] if due is None else [f"run {until(due, now)}"]


def _since(one: Told, now: float) -> str:
    return f", begun {ago(one['runs']['current_started_at'], now)}"


def _last_run(one: Told, now: float) -> list[str]:
    last = one["runs"]["last"]
    if last["outcome"] is None:
        return []
    when = "" if last["started_at"] is None else f", begun {ago(last['started_at'], now)}"
    took = "" if last["duration"] is None else f", took {short(last['duration'])}"
    return [f"run {last['id']}: {last['outcome']}{when}{took}"]


def _runs(one: Told) -> list[str]:
    runs = one["runs"]
    if not runs["count"]:
        return []
    told = f"{runs['count']}, {runs['failed']} failed, {runs['late']} late"
    if runs["duration_p50"] is not None and runs["duration_p95"] is not None:
        told += f"; half take {short(runs['duration_p50'])}, 95 % take {short(runs['duration_p95'])}"
    return [told]


def _memory(one: Told) -> list[str]:
    memory = one["memory"]
    if not memory["rss"]:
        return []
    limit = "" if memory["limit"] is None else f" of {size(memory['limit'])}, replaced at {memory['threshold']:g} %"
    most = max(one["rss_peak"] or 0, memory["rss"])  # what was seen at the end of a run may be less than it is now
    peak = f" (at most {size(most)})" if one["rss_peak"] else ""
    return [f"{size(memory['rss'])}{limit}{peak}"]


def _what(daemon: Told) -> list[str]:
    if daemon["command"]:
        command = daemon["command"][0] if daemon["shell"] else shlex.join(daemon["command"])
        return [escape(command)]
    return _some(daemon["task"] or daemon["factory"] or daemon["php"]["factory"] or "")


def _event(event: Told, now: float, *, who: bool = False) -> str:
    name = f" {event['name']}/{event['instance']}" if who and event["name"] is not None else ""
    return escape(f"{ago(event['at'], now)}:{name} {event['event']}: {event['message']}")
