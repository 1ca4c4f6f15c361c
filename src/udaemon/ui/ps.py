"""The table of `ps`: what `ps --json` prints, for people. A column is there only when a row needs it.

Knows no supervisor and no terminal: JSON in, text out; now is an argument.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from signal import SIGKILL, Signals
from typing import Any

from udaemon.ui.escape import escape
from udaemon.ui.table import WHOLE, Cell, Column, render
from udaemon.ui.words import ago, moment, until
from udaemon.units import short, size

Told = Mapping[str, Any]

BAD_HEALTH = frozenset({"failing", "unready"})
"""Of one that runs, and needs attention all the same."""
TINTS = {
    "running": "green",
    "starting": "yellow",
    "stopping": "yellow",
    "backoff": "yellow",
    "waiting": "yellow",
    "failed": "red",
}


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
    """The ranks say what a narrow terminal has room for: how the last run and the last process ended come first."""

    def column(title: str, text: Callable[[Told], str], rank: int, *, right: bool = False) -> Column:
        return Column(title, [Cell(text(one)) for one in instances], rank, right=right)

    def brief(full: Column, text: Callable[[Told], str], grows: int) -> Column:
        return full._replace(brief=[text(one) for one in instances], grows=[(grows, WHOLE)])

    names = [Cell(escape(name(one))) for one in instances]
    errors = [Cell(escape(one["runs"]["last"]["error"] or ""), "red") for one in instances]
    columns = [
        Column("NAME", names, shrinks_to=10, grows=[(7, 16), (12, WHOLE)], middle=True),
        Column("STATE", [Cell(one["state"], TINTS.get(one["state"], "dim")) for one in instances]),
        column("STATUS", lambda one: escape(one.get("status") or ""), 6)._replace(shrinks_to=12),
        Column("HEALTH", [_health(one) for one in instances], 2),
        column("UPTIME", lambda one: short(one["uptime"]) if one["uptime"] is not None else "", 7, right=True),
        column("NEXT", lambda one: _next(one, now), 6),
        brief(column("LAST RUN", lambda one: _last_run(one, now), 1), lambda one: _last_run(one, now, brief=True), 9),
        column("RUNS", lambda one: _count(one["runs"]["count"]), 11, right=True),
        column("FAILED", lambda one: _count(one["runs"]["failed"]), 10, right=True),
        column("LATE", lambda one: _count(one["runs"]["late"]), 14, right=True),
        column("RESTARTS", lambda one: _count(one["restarts"]), 10, right=True),
        brief(column("LAST EXIT", lambda one: _exit(one, now), 3), _reason, 9)._replace(
            shrinks_to=len("LAST EXIT"), grows=[(4, len("task-stopped")), (9, WHOLE)]
        ),
        column("PID", lambda one: _count(one["pid"]), 13, right=True),
        column("MEMORY", lambda one: size(one["memory"]["rss"]) if one["memory"]["rss"] else "", 13, right=True),
        column("DRIFT", lambda one: "yes" if one["drift"] else "", 4),
        brief(column("LOG STATE", _log_state, 4), lambda one: _log_state(one).partition(" (")[0], 9),
    ]
    if wide:
        columns += [
            column("P50", lambda one: _length(one["runs"]["duration_p50"]), 14, right=True),
            column("P95", lambda one: _length(one["runs"]["duration_p95"]), 14, right=True),
            column("WANTED", lambda one: one["wanted"], 14),
            column("LOG", lambda one: escape(one["log"]), 14),
        ]
    columns.append(Column("ERROR", errors, 5, shrinks_to=15, grows=[(8, 24)]))
    return [column for column in columns if column.rank == 0 or any(cell.text for cell in column.cells)]


def _health(one: Told) -> Cell:
    """What asking it has come to; nothing where it is not asked."""
    health = one["health"]
    return Cell() if health == "unknown" else Cell(health, "green" if health == "ok" else "red")


def _next(one: Told, now: float) -> str:
    if one["next_attempt_at"] is not None:
        return f"start {until(one['next_attempt_at'], now)}"
    if one["activity"] in ("paused", "suspended"):
        return str(one["activity"])
    if one["activity"] == "waiting":
        return "waits"
    if one["activity"] == "in-run":
        began = one["runs"]["current_started_at"]
        return "in run" if began is None else f"in run {short(now - moment(began))}"
    due = one["runs"]["next_at"]
    return "" if due is None else until(due, now)


def _last_run(one: Told, now: float, *, brief: bool = False) -> str:
    last = one["runs"]["last"]
    if last["outcome"] is None:
        return ""
    began, took = last["started_at"], last["duration"]
    when = "" if began is None else f" {ago(began, now)}"
    return f"{last['outcome']}{when}" + ("" if took is None or brief else f" ({short(took)})")


def _exit(one: Told, now: float) -> str:
    reason, at = _reason(one), one["exit"]["at"]
    return reason + (f" {ago(at, now)}" if reason and at is not None else "")


def _reason(one: Told) -> str:
    """How the last process ended; nothing where the first one still lives, or its end is that of the last good run."""
    end, runs = one["exit"], one["runs"]
    if end["reason"] is None or (one["pid"] is not None and not one["restarts"]):
        return ""
    return "" if end["code"] == 0 and end["reason"] == "exited" and runs["last"]["outcome"] == "ok" else ending(end)


def ending(end: Mapping[str, Any]) -> str:
    """The reason of an exit, with what it leaves open: `code 3` where it only ended, `killed TERM` where by a signal.

    KILL is what kills means.
    """
    if end["reason"] == "exited" and end["code"] is not None:
        return f"code {end['code']}"
    if end["reason"] == "killed" and end["signal"] not in {None, SIGKILL}:
        return f"killed {_signal(end['signal'])}"
    return str(end["reason"])


def _signal(number: int) -> str:
    try:
        return Signals(number).name.removeprefix("SIG")
    except ValueError:
        return f"by signal {number}"


def _log_state(one: Told) -> str:
    return "" if one["log_state"] == "ok" else escape(one["log_state"])


def _length(seconds: float | None) -> str:
    return "" if seconds is None else short(seconds)


def _count(number: int | None) -> str:
    return str(number) if number else ""
