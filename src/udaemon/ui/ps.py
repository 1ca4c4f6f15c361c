"""The table of `ps`: what `ps --json` prints, for people. A column is there only when a row needs it.

Knows no supervisor and no terminal: JSON in, text out; now is an argument.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from signal import Signals
from typing import Any

from udaemon.ui.escape import escape
from udaemon.ui.table import Cell, Column, render
from udaemon.ui.words import ago, moment, until
from udaemon.units import short, size

Told = Mapping[str, Any]

TINTS = {
    "running": "green",
    "starting": "yellow",
    "stopping": "yellow",
    "backoff": "yellow",
    "waiting": "yellow",
    "failed": "red",
}
_LEAST_NAME, _LEAST_ERROR = 12, 24


def table(
    instances: Sequence[Told], now: float, available: int | None, *, wide: bool = False, color: bool = False
) -> str:
    """The whole table.

    Args:
        instances: As in `ps --json`.
        now: Wall time in seconds.
        available: Width of the terminal, None where there is none.
        wide: Show everything, however wide it gets.
        color: Whether to colour.
    """
    return render(_columns(instances, now, wide=wide), None if wide else available, color=color)


def name(instance: Told) -> str:
    """How an instance is called on the command line: `db` where there is one, `mailer/1` where there are more."""
    return instance["name"] if instance["instances"] == 1 else f"{instance['name']}/{instance['instance']}"


def _columns(instances: Sequence[Told], now: float, *, wide: bool) -> list[Column]:
    def column(title: str, text: Callable[[Told], str], rank: int, *, right: bool = False) -> Column:
        return Column(title, [Cell(text(one)) for one in instances], rank, right=right)

    columns = [
        Column("NAME", [Cell(escape(name(one))) for one in instances], shrinks_to=_LEAST_NAME, grows=8, middle=True),
        Column("STATE", [Cell(one["state"], TINTS.get(one["state"], "dim")) for one in instances]),
        column("STATUS", lambda one: escape(one.get("status") or ""), 4),
        Column("HEALTH", [_health(one) for one in instances], 2),
        column("UPTIME", lambda one: short(one["uptime"]) if one["uptime"] is not None else "", 5, right=True),
        column("NEXT", lambda one: _next(one, now), 4),
        column("LAST RUN", lambda one: _last_run(one, now), 3),
        column("RUNS", lambda one: _count(one["runs"]["count"]), 7, right=True),
        column("FAILED", lambda one: _count(one["runs"]["failed"]), 6, right=True),
        column("LATE", lambda one: _count(one["runs"]["late"]), 10, right=True),
        column("RESTARTS", lambda one: _count(one["restarts"]), 6, right=True),
        column("LAST EXIT", lambda one: _exit(one, now), 8),
        column("PID", lambda one: _count(one["pid"]), 9, right=True),
        column("MEMORY", lambda one: size(one["memory"]["rss"]) if one["memory"]["rss"] else "", 9, right=True),
        column("DRIFT", lambda one: "yes" if one["drift"] else "", 2),
        column("LOG STATE", lambda one: "" if one["log_state"] == "ok" else escape(one["log_state"]), 2),
    ]
    if wide:
        columns += [
            column("P50", lambda one: _length(one["runs"]["duration_p50"]), 10, right=True),
            column("P95", lambda one: _length(one["runs"]["duration_p95"]), 10, right=True),
            column("WANTED", lambda one: one["wanted"], 10),
            column("LOG", lambda one: escape(one["log"]), 10),
        ]
    errors = [Cell(escape(one["runs"]["last"]["error"] or ""), "red") for one in instances]
    columns.append(Column("ERROR", errors, 1, shrinks_to=_LEAST_ERROR))
    return [column for column in columns if column.rank == 0 or any(cell.text for cell in column.cells)]


def _health(one: Told) -> Cell:
    """What asking it has come to; nothing where it is not asked."""
    health = one["health"]
    return Cell() if health == "unknown" else Cell(health, "green" if health == "ok" else "red")


def _next(one: Told, now: float) -> str:
    if one["next_attempt_at"] is not None:
        return f"start {until(one['next_attempt_at'], now)}"
    if one["activity"] == "paused":
        return "paused"
    if one["activity"] == "waiting":
        return "waits"
    if one["activity"] == "in-run":
        began = one["runs"]["current_started_at"]
        return "in run" if began is None else f"in run {short(now - moment(began))}"
    due = one["runs"]["next_at"]
    return "" if due is None else until(due, now)


def _last_run(one: Told, now: float) -> str:
    last = one["runs"]["last"]
    if last["outcome"] is None:
        return ""
    began, took = last["started_at"], last["duration"]
    when = "" if began is None else f" {ago(began, now)}"
    return f"{last['outcome']}{when}" + ("" if took is None else f" ({short(took)})")


def _exit(one: Told, now: float) -> str:
    end = one["exit"]
    if end["reason"] is None or (one["pid"] is not None and not one["restarts"]):
        return ""
    return ending(end) + ("" if end["at"] is None else f" {ago(end['at'], now)}")


def ending(end: Mapping[str, Any]) -> str:
    """The reason of an exit; where that says only that it ended or was killed, its code or its signal."""
    if end["reason"] == "exited" and end["code"] is not None:
        return f"code {end['code']}"
    if end["reason"] == "killed" and end["signal"] is not None:
        return _signal(end["signal"])
    return str(end["reason"])


def _signal(number: int) -> str:
    try:
        return Signals(number).name
    except ValueError:
        return f"signal {number}"


def _length(seconds: float | None) -> str:
    return "" if seconds is None else short(seconds)


def _count(number: int | None) -> str:
    return str(number) if number else ""
