"""What `events` draws on a terminal, as golden text: UDAEMON_ACCEPT=1 writes it."""

from __future__ import annotations

from datetime import timedelta, timezone
from typing import Any

import pytest
from tests.unit.ui.golden import compare

from udaemon.ui.happened import Happened

ZONE = timezone(timedelta(hours=2))
ENDED = {"code": 3, "signal": None, "reason": "exited"}


def event(at: str, name: str | None, word: str, message: str, **data: Any) -> dict[str, Any]:
    instance = None if name is None else 0
    return {"at": at, "name": name, "instance": instance, "event": word, "message": message, "data": data}


EVENTS = [
    event("2026-11-24T21:59:59.900Z", None, "warning", "the run directory was taken away; made anew"),
    event("2026-11-24T22:00:01.000Z", "mailer", "started", "pid 101"),
    event("2026-11-24T22:00:01.100Z", "mailer", "ready", "its task is built"),
    event("2026-11-24T22:00:02.000Z", "web", "exited", "exit code 3", exit=ENDED),
    event("2026-11-24T22:00:02.000Z", "web", "restarting", "starts again in 2 s", exit=ENDED),
    event("2026-11-24T22:00:09.000Z", "web", "failed", "gave up after 1 restart in 60 s; last: exit code 3"),
    event(
        "2026-11-24T22:00:10.000Z",
        "mailer",
        "exited",
        "exit code 0: 40.9M resident is more than 70 % of the memory-limit of 20.0M",
        exit={"code": 0, "signal": None, "reason": "memory"},
    ),
    event("2026-11-24T22:00:11.000Z", "a-name-that-is-longer-than-a-quarter-of-it", "stopped", "by \x1b[31mhand"),
]


@pytest.mark.parametrize("columns", [50, 80, 120])
@pytest.mark.parametrize("color", [False, True], ids=["plain", "color"])
def test_events_stand_side_by_side_and_days_are_told(columns: int, color: bool) -> None:
    text = Happened(ZONE).render(EVENTS, columns, color=color)
    compare(f"events/{columns}{'-color' if color else ''}", text, columns)


def test_what_comes_later_stands_in_the_same_columns_and_tells_no_day_again() -> None:
    happened = Happened(ZONE)
    first = happened.render(EVENTS[5:6], 80).splitlines()
    second = happened.render([event("2026-11-24T22:00:12.000Z", "db", "started", "pid 7")], 80).splitlines()
    assert first == ["2026-11-25", "00:00:09  ✘  web/0  failed: gave up after 1 restart in 60 s; last: exit code 3"]
    assert second == ["00:00:12  ✔  db/0   started: pid 7"]
