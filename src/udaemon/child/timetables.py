"""Another timetable for a task that runs: the supervisor sends it by the socket on which the task reports.

Knows nothing of when the loop looks for one: a change of pace is what tells it (`pace.py`). A timetable has no bound
that a slot could hold, as it has the line, the zone and each span in which nothing is due.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Callable

from udaemon.frames import FrameBuffer, FrameError, frame
from udaemon.policy.calendar import Rule, Timetable

_LONGEST = 128 * 1024
"""Bytes of a frame: about what a socket has room for."""


def send(reports: socket.socket | None, table: Timetable | None) -> bool:
    """Send a timetable to a child; None for a bare period. Returns whether it was taken: all of it is, or nothing."""
    framed = frame(json.dumps(table).encode())
    if reports is None or len(framed) > _LONGEST:
        return False
    try:
        return reports.send(framed, socket.MSG_DONTWAIT | getattr(socket, "MSG_NOSIGNAL", 0)) == len(framed)
    except OSError:
        return False


def received(receive: Callable[[], bytes]) -> list[Timetable | None]:
    """Those that have come, the last one last.

    Args:
        receive: Returns what there is to read, nothing for nothing.
    """
    frames, found = FrameBuffer(_LONGEST), list[Timetable | None]()
    try:
        while data := receive():
            found += [_table(body) for body in frames.feed(data)]
    except FrameError:  # it was not the supervisor who wrote it
        return []
    return found


def _table(body: bytes) -> Timetable | None:
    try:
        fields = json.loads(body)
        if fields is None:
            return None
        cron, zone, sleep, rule, run_on_start, stamp, spans = fields
        return Timetable(cron, zone, sleep, Rule(*rule), run_on_start, stamp, tuple(map(tuple, spans)))
    except (ValueError, TypeError, RecursionError):
        raise FrameError from None
