"""Instances as `ps --json` prints them (docs/reference/contract.md, "JSON of ps").

Knows no clock and no process: the wall time of a moment and the memory of a process are asked of the caller.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, Self

from udaemon.control.host import Host, InstanceView
from udaemon.manifest.secrets import masked_text
from udaemon.policy import probing
from udaemon.policy.instance import Instance, State
from udaemon.policy.timers import Timer

_DIFFER = 0.1
"""Seconds that a clock is slewed by, at most, from the planning of a run to its beginning: what is shown is no more."""
_TRIES = 3
"""Of reading two clocks at once: whoever is held up between them would show a start a little later than before."""
VERSION = 1
"""Of the shape of `ps --json`."""

Rss = Callable[[int, bool], int | None]
"""Returns the resident memory of a process in bytes, with its children if that is true; None if it cannot be known."""

Suspended = Callable[[int], bool]
"""Returns whether a process stands still until somebody lets it go on (SIGSTOP)."""


def timestamp(wall: float) -> str:
    """Seconds of wall time as RFC 3339 in UTC, to the millisecond."""
    return datetime.fromtimestamp(wall, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Moment:
    """Now, on both clocks: it turns monotonic times into wall time for those who read them.

    Args:
        now: Monotonic seconds.
        wall: Wall time at the same moment.
    """

    def __init__(self, now: float, wall: float) -> None:
        self.now = now
        # As exact as what is shown: the clocks drift, and two who ask after one start shall read one time.
        self._offset = round(wall - now, 3)

    @classmethod
    def read(cls, clock: Callable[[], float], wall_clock: Callable[[], float]) -> Self:
        """Read both clocks: of a few times the one that shows best that nothing came in between."""
        tries = [(clock(), wall_clock(), clock()) for _ in range(_TRIES)]
        before, wall, after = min(tries, key=lambda each: each[2] - each[0])
        return cls((before + after) / 2, wall)

    def at(self, then: float | None, *, whole: bool = False) -> str | None:
        """When that was or will be; None for what no calendar has, as a child may write any number.

        `whole`: The calendar has it due at a whole second, and what lies beside one comes of clocks that differ.
        """
        if then is None:
            return None
        wall = then + self._offset
        try:
            if whole and abs(wall - round(wall)) < _DIFFER:
                wall = round(wall)
            return timestamp(round(wall, 3))
        except (ValueError, OverflowError, OSError):
            return None

    def since(self, then: float | None) -> float | None:
        """How long ago that was, in seconds."""
        return None if then is None else round(max(0.0, self.now - then), 3)


def snapshot(
    host: Host,
    views: Iterable[InstanceView],
    *,
    moment: Moment,
    pid: int,
    node: str,
    rss: Rss,
    suspended: Suspended = lambda _pid: False,
) -> dict[str, Any]:
    """All of `ps --json`. `scaled` is there where the operator has changed a number, with what the manifest says.

    Args:
        host: The supervisor.
        views: The instances to describe.
        moment: Now.
        pid: The supervisor's.
        node: The host's name.
        rss: Asked for each instance's memory.
        suspended: Asked of each instance's process.
    """
    manifest = host.manifest
    scaled = {"scaled": dict(manifest.scaled)} if manifest.scaled else {}
    return {
        "version": VERSION,
        "project": manifest.project,
        "context": manifest.context,
        "supervisor": {
            "pid": pid,
            "started_at": moment.at(host.started_at),
            "uptime": moment.since(host.started_at),
        },
        "instances": [
            describe(
                view,
                moment=moment,
                node=node,
                rss=rss,
                suspended=suspended,
                scaled=view.key.name in manifest.scaled,
            )
            for view in views
        ],
    } | scaled


def describe(
    view: InstanceView,
    *,
    moment: Moment,
    node: str,
    rss: Rss,
    suspended: Suspended = lambda _pid: False,
    scaled: bool = False,
) -> dict[str, Any]:
    """One instance of `ps --json`. `scaled`: the operator has given its daemon another number of instances."""
    instance, daemon = view.instance, view.daemon
    alive = instance.own_pid is not None
    end = instance.exit
    return {
        "name": view.key.name,
        "instance": view.key.index,
        "instances": daemon.instances,
        "kind": "command" if daemon.command is not None else "task" if daemon.task else "factory",
        "state": instance.state.value,
        "wanted": instance.wanted.value,
        "activity": _activity(view, suspended),
        "health": probing.health(instance),
        "status": instance.probed.status and masked_text(instance.probed.status),
        "pid": instance.own_pid,
        "started_at": moment.at(instance.started_at) if alive else None,
        "uptime": moment.since(instance.started_at) if alive else None,
        "restarts": instance.restarts,
        "drift": instance.outdated or scaled,
        "exit": {
            "code": end.code if end else None,
            "signal": end.signal if end else None,
            "reason": end.reason.value if end else None,
            "at": moment.at(end.at) if end else None,
        },
        "next_attempt_at": moment.at(instance.timers.at(Timer.RETRY)),
        "runs": _runs(view, moment),
        "memory": _memory(instance, rss),
        "log": view.log,
        "log_state": view.log_state,
        "host": node,
    }


def _memory(instance: Instance, rss: Rss) -> dict[str, Any]:
    """What is resident, and its limit. The limit of a `php` daemon is for what PHP holds by its own count."""
    php = instance.daemon.kind == "php"
    limit = None if php else instance.daemon.memory_limit
    return {
        "rss": None if instance.own_pid is None else rss(instance.own_pid, php),
        "limit": limit,
        "threshold": None if limit is None else instance.daemon.memory_threshold,
    }


def last_error(view: InstanceView) -> str | None:
    """The last line of what went wrong last, while nothing went right since."""
    if view.instance.place:
        return view.instance.message
    if view.slot is not None and view.slot.last_outcome == "ok" and view.instance.own_pid is not None:
        return None
    failed = view.slot is not None and view.slot.last_outcome == "failed"
    message = (view.last_error if failed else None) or view.instance.message
    return message and masked_text(message)  # an exception may quote the URL of a database


def _activity(view: InstanceView, suspended: Suspended) -> str | None:
    pid = view.instance.own_pid
    if pid is not None and suspended(pid):
        return "suspended"
    if view.instance.paused and not view.instance.at_rest and (view.slot is None or not view.slot.current_started_at):
        return "paused"
    if view.daemon.is_scheduled and view.instance.state is State.RUNNING:
        return "in-run"
    if view.daemon.command is not None or view.slot is None or not _present(view):
        return None
    if view.instance.leaving:
        return "leaving"
    if view.instance.place:
        return "waiting"
    if view.slot.current_started_at is not None:
        return "in-run"
    return "sleeping" if view.instance.state is State.RUNNING else None


def _runs(view: InstanceView, moment: Moment) -> dict[str, Any]:
    slot = view.slot
    present = _present(view)
    return {
        "count": slot.count if slot else 0,
        "failed": slot.failed if slot else 0,
        "late": slot.late if slot else 0,
        "missed": slot.missed if slot else 0,
        "current_started_at": moment.at(slot.current_started_at) if slot and present else None,
        "last": {
            "id": slot.last_id if slot else None,
            "started_at": moment.at(slot.last_started_at) if slot else None,
            "duration": _rounded(slot.last_duration) if slot else None,
            "outcome": slot.last_outcome if slot else None,
            "error": last_error(view),
        },
        "duration_p50": _rounded(slot.duration_p50) if slot else None,
        "duration_p95": _rounded(slot.duration_p95) if slot else None,
        "next_at": moment.at(slot.next_at, whole=_is_on_the_second(view)) if slot and _is_awaited(view) else None,
    }


def _is_on_the_second(view: InstanceView) -> bool:
    """Whether its runs are due when the calendar says, and not moved from there."""
    daemon = view.daemon
    return daemon.cron is not None and not daemon.jitter and not daemon.stagger


def _is_awaited(view: InstanceView) -> bool:
    """Whether a run begins when it is due."""
    if view.instance.paused:
        return False
    if view.daemon.is_scheduled:
        return view.instance.state in (State.WAITING, State.RUNNING)
    return _present(view) and view.instance.state is State.RUNNING


def _present(view: InstanceView) -> bool:
    """Whether the slot is of the process that lives: what an earlier one wrote stays."""
    return view.slot is not None and view.instance.own_pid is not None and view.slot.pid == view.instance.own_pid


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 6)
