"""A question as it crosses to the prober, and a verdict as it comes back."""

from __future__ import annotations

import json

from udaemon.engines.probing.question import LONGEST_REASON, Asked, answer, ask, forget
from udaemon.frames import HEADER


def test_a_question_comes_through_as_it_was() -> None:
    asked = Asked(7, "exec", ["check", "-v"], 10.0, 1.0, 0.5, 3, 1, True, "/srv", {"A": "ä"})
    word, *fields = json.loads(ask(asked)[HEADER:])
    assert (word, Asked(*fields)) == ("ask", asked)
    assert json.loads(forget(7)[HEADER:]) == ["forget", 7]


def test_a_reason_is_short_whatever_a_program_says() -> None:
    number, ok, reason = json.loads(answer(7, ok=False, reason="x" * 5000)[HEADER:])
    assert (number, ok, len(reason)) == (7, False, LONGEST_REASON)
