"""What is told of few instances and of many."""

from __future__ import annotations

import io
import re
import time

import pytest

from udaemon.ui.tally import FEW, Tally


def told(number: int, of: int, *, ok: bool = True, message: str = "started as pid 7") -> dict[str, object]:
    return {"name": "mailer", "instance": number, "ok": ok, "message": message, "of": of}


def said(count: int, *failing: int, every: bool = False, heard: int | None = None) -> list[str]:
    lines: list[str] = []
    tally = Tally(lambda text, bad: lines.append(("! " if bad else "") + text), every=every, terminal=None)
    for number in range(count if heard is None else heard):
        ok = number not in failing
        tally.add(told(number, count, ok=ok, message="started as pid 7" if ok else "failed: no such file"))
    tally.close()
    return [re.sub(r" in \S+$", " in T", line) for line in lines]


def test_few_get_a_line_each_and_no_summary() -> None:
    assert said(2, 1) == ["mailer/0 started as pid 7", "! mailer/1 failed: no such file"]
    assert len(said(FEW)) == FEW


def test_of_many_only_the_failed_are_named() -> None:
    assert said(100) == ["100 started in T"]
    assert said(100, 40) == ["! mailer/40 failed: no such file", "! 99 started, 1 failed in T"]


def test_with_v_each_of_many_gets_its_line_too() -> None:
    lines = said(21, every=True)
    assert (len(lines), lines[0], lines[-1]) == (22, "mailer/0 started as pid 7", "21 started in T")


def test_what_was_not_waited_for_is_told() -> None:
    assert said(100, heard=60) == ["60 started, 40 not yet in T"]


def test_the_time_is_that_since_the_operator_asked() -> None:
    lines: list[str] = []
    tally = Tally(lambda text, _bad: lines.append(text), every=False, terminal=None, began=time.monotonic() - 3600.0)
    tally.add(told(0, 1000))
    tally.close()
    assert lines[-1].endswith("in 1h")


@pytest.mark.parametrize("count", [FEW, FEW + 1])
def test_the_count_moves_on_a_terminal(count: int) -> None:
    screen = io.StringIO()
    tally = Tally(lambda _text, _bad: None, every=False, terminal=screen)
    for number in range(count):
        tally.add(told(number, count))
    tally.close()
    assert (f"{count} of {count}" in screen.getvalue()) == (count > FEW)
