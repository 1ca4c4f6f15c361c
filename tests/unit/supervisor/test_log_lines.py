"""Lines of a daemon's output as events."""

from __future__ import annotations

from udaemon.logs.answers import Answer
from udaemon.policy.events import Said
from udaemon.policy.questions import Question, Teller
from udaemon.supervisor.log_lines import said


def test_a_line_is_told_without_secrets_and_without_what_moves_a_terminal() -> None:
    line = "\x1b[2Jup at postgres://u:hunter2@db/x\t"
    event = said(Answer("said", 7, line, question="ready"))
    assert (event.teller, event.question, event.ok) == (Teller.LOG_LINE, Question.READY, True)
    assert event.reason.startswith("says: [2Jup at postgres://")
    assert "hunter2" not in event.reason
    assert event.reason.isprintable()


def test_a_pattern_that_was_given_up_makes_nothing_well() -> None:
    why = "log-line takes too long for its output, and is given up"
    assert said(Answer("overran", 7, question="health")) == Said(Teller.LOG_LINE, Question.HEALTH, False, why)
