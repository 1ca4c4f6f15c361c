"""What the foreground of `up` shows of events, as text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from udaemon.ui.area import Line
from udaemon.ui.board import Board

REASONS = {"code": None, "signal": None, "reason": None}


def event(name: str | None, word: str, message: str, state: str | None = None, **more: Any) -> dict[str, Any]:
    data = {} if state is None else {"state": state, "pid": None, "restarts": 0, "exit": None} | more
    return {"event": word, "name": name, "instance": None if name is None else 0, "message": message, "data": data}


def texts(lines: Sequence[Line]) -> list[str]:
    """The lines without colour, the spinner as `~`."""
    return [re.sub("[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]", "~", "".join(cell.text for cell in line)) for line in lines]


def board(*names: str) -> Board:
    return Board("shop", [f"{name}/0" for name in names], now=100.0, timeouts={f"{name}/0": 8.0 for name in names})


def running(told: Board, name: str, now: float, *, restarts: int = 0) -> None:
    told.event(event(name, "started", "pid 7", "running", pid=7, restarts=restarts), now)


def test_a_row_says_what_is_true_now() -> None:
    told = board("web", "slow")
    running(told, "web", 100.1)
    assert texts(told.lines(103.0, 10)) == [
        "shop: 1 of 2 up, 3.0s",
        " ✔ web/0   pid 7",
        " ~ slow/0  starting 3.0s",
    ]
    end = {"exit": {"code": 3, "signal": None, "reason": "exited"}}
    told.event(event("web", "exited", "exit code 3", "backoff", **end), 103.0)
    told.event(event("web", "restarting", "starts again in 2 s", "backoff", **end), 103.0)
    assert texts(told.lines(103.1, 10))[:2] == [
        "shop: 0 of 2 up, 1 in trouble, 3.1s",
        " ↻ web/0   exit code 3; starts again in 2 s",
    ]
    running(told, "web", 105.0, restarts=1)
    assert texts(told.lines(105.1, 10))[1] == " ✔ web/0   pid 7, restarted once"
    told.event(event("web", "failed", "gave up after 1 restart", "failed"), 106.0)
    assert texts(told.lines(106.1, 10))[1] == " ✘ web/0   gave up after 1 restart"


def test_it_is_drawn_for_the_last_time_when_the_last_start_has_lasted() -> None:
    told = board("web")
    running(told, "web", 100.1)
    told.settle(100.1)
    assert told.tick(100.5) == []
    assert told.is_live
    assert texts(told.tick(100.7)) == ["shop: 1 up in 0.1s; Ctrl-C stops all", " ✔ web/0  pid 7"]
    assert not told.is_live
    assert told.tick(109.0) == []


def test_a_crash_just_after_the_start_is_in_the_last_drawing() -> None:
    told = board("web")
    running(told, "web", 100.1)
    told.settle(100.1)
    told.event(event("web", "exited", "exit code 2", "failed"), 100.2)
    told.event(event("web", "failed", "exit code 2", "failed"), 100.2)
    assert texts(told.tick(101.2)) == ["shop: 1 failed in 0.1s; Ctrl-C stops all", " ✘ web/0  exit code 2"]


def test_one_that_crashes_for_ever_holds_up_nobody() -> None:
    told = board("web")
    told.settle(100.1)
    for crash in range(20):
        running(told, "web", 100.1 + crash / 10, restarts=crash)
        told.event(event("web", "restarting", "starts again at once", "starting"), 100.15 + crash / 10)
    assert told.tick(101.2) != []


def test_logs_wait_for_a_quick_start_and_not_for_a_slow_one() -> None:
    told = board("web", "slow")
    assert not told.shows_logs(100.9)
    assert told.shows_logs(101.0)
    told.settle(100.5)
    assert not told.shows_logs(101.0)  # the board stands still in a moment: logs come below it
    told.tick(101.1)
    assert told.shows_logs(101.1)


def test_what_was_not_started_says_why() -> None:
    told = board("old")
    told.outcome({"name": "old", "instance": 0, "ok": False, "message": "not started: it is disabled in the manifest"})
    assert texts(told.lines(100.1, 10))[1] == " ✘ old/0  not started: it is disabled in the manifest"


def test_once_it_is_gone_what_happens_is_a_line() -> None:
    told = board("web", "mailer")
    told.settle(100.0)
    told.tick(101.0)
    gone = {"exit": {"code": 3, "signal": None, "reason": "exited"}}
    assert texts(told.event(event("web", "exited", "exit code 3", "starting", **gone), 105.0)) == [
        " ✘ web/0     exited: exit code 3"
    ]
    assert texts(told.event(event("web", "ready", "its task is built", "running"), 105.0)) == []
    assert texts(told.event(event(None, "warning", "the disk is full"), 105.0)) == [
        " · udaemon   warning: the disk is full"
    ]


def test_a_stop_lists_who_is_still_there_and_then_one_line_each() -> None:
    told = board("web", "deaf", "old")
    for name in ("web", "deaf"):
        running(told, name, 100.0)
    told.event(event("old", "failed", "no such program", "failed"), 100.0)
    told.settle(100.0)
    told.tick(101.0)
    told.stop(200.0, hurry=False)
    told.event(event("web", "stopping", "sent SIGTERM", "stopping", pid=7), 200.0)
    told.event(event("deaf", "stopping", "sent SIGTERM", "stopping", pid=7), 200.0)
    ended = {"exit": {"code": 0, "signal": None, "reason": "stopped"}}
    assert told.event(event("web", "exited", "exit code 0", "stopped", **ended), 200.4) == []
    assert texts(told.event(event("web", "stopped", "exit code 0", "stopped", **ended), 200.4)) == [
        " ✔ web/0   stopped after 0.4s"
    ]
    assert texts(told.lines(203.2, 10)) == [
        "shop: 1 of 2 stopped, 3.2s; Ctrl-C again kills",
        " ~ deaf/0  stopping 3.2s, killed after 8.0s",
    ]
    told.stop(204.0, hurry=True)
    assert "killing what is left" in texts(told.lines(204.0, 10))[0]
    killed = {"exit": {"code": None, "signal": 9, "reason": "killed"}}
    told.event(event("deaf", "exited", "killed by signal 9 (SIGKILL)", "stopped", **killed), 204.1)
    assert texts(told.event(event("deaf", "stopped", "killed", "stopped", **killed), 204.1)) == [
        " ✘ deaf/0  killed after 4.1s"
    ]
    assert texts(told.end(204.2)) == ["shop: 1 stopped, 1 killed in 4.2s"]


def test_where_not_all_fit_those_in_trouble_come_first() -> None:
    names = [f"d{number}" for number in range(12)]
    told = board(*names)
    for name in names[:-2]:
        running(told, name, 100.1)
    told.event(event("d11", "failed", "no such program", "failed"), 100.1)
    assert texts(told.lines(100.2, 6)) == [
        "shop: 10 of 12 up, 1 in trouble, 0.2s",
        " ✘ d11/0  no such program",
        " ~ d10/0  starting 0.2s",
        "   … 10 others are not shown",
    ]


def test_of_many_only_those_in_trouble_are_named_at_the_end() -> None:
    names = [f"d{number}" for number in range(100)]
    told = board(*names)
    for name in names[:-1]:
        running(told, name, 100.1)
    told.event(event("d99", "failed", "no such program", "failed"), 100.1)
    told.settle(100.2)
    assert texts(told.tick(101.2)) == [
        "shop: 99 up, 1 failed in 0.2s; Ctrl-C stops all",
        " ✘ d99/0  no such program",
    ]
    told.stop(200.0, hurry=False)
    assert told.event(event("d1", "stopped", "exit code 0", "stopped"), 200.1) == []


def test_a_start_that_the_kernel_holds_up_says_by_what() -> None:
    told = board("web")
    held = "pid 7: chdir /mnt has not returned after 5 s; /mnt is nfs"
    told.event(event("web", "held-up", held, "starting", pid=7), 105.0)
    assert texts(told.lines(106.0, 10))[1] == f" ~ web/0  {held} (6.0s)"
    running(told, "web", 107.0)
    assert texts(told.lines(107.0, 10))[1] == " ✔ web/0  pid 7"


def test_long_names_are_shortened_in_rows_and_in_lines() -> None:
    long = "nightly-export-of-customer-invoices"
    told = Board("shop", [f"{long}/0", "web/0"], now=100.0, longest=16)
    told.event(event(long, "started", "pid 7", "running", pid=7), 100.1)
    running(told, "web", 100.1)
    assert texts(told.lines(100.2, 10))[1:] == [" ✔ nightly-ex…ces/0  pid 7", " ✔ web/0             pid 7"]
    told.settle(100.2)
    told.tick(101.0)
    line = texts(told.event(event(long, "failed", "gave up", "failed"), 102.0))
    assert line == [" ✘ nightly-ex…ces/0  failed: gave up"]
    assert texts(told.event(event(None, "warning", "no room"), 102.0)) == [" · udaemon           warning: no room"]
    told.stop(103.0, hurry=False)
    line = texts(told.event(event("web", "stopped", "as asked", "stopped"), 103.5))
    assert line == [" ✔ web/0             as asked"]
