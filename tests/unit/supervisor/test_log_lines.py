"""A line of a daemon's output as an event: made fit to be shown, and no secret with it."""

from __future__ import annotations

from udaemon.logs.answers import Answer
from udaemon.policy.events import Event, Question, Said
from udaemon.policy.instance import Key
from udaemon.supervisor.log_lines import on_line

KEY = Key("a", 0)


def heard(answer: Answer) -> tuple[list[Event], list[tuple[str, str]]]:
    events: list[Event] = []
    published: list[tuple[str, str]] = []
    on_line(
        KEY,
        answer,
        lambda _key, event: events.append(event),
        lambda _key, word, sentence: published.append((word, sentence)),
    )
    return events, published


def test_a_line_is_said_by_the_process_and_shown_on_one_line_without_escapes() -> None:
    [event], published = heard(Answer("said", text="\x1b[31m ready\tnow\x07", question="ready"))
    assert isinstance(event, Said)
    assert (event.question, event.ok, published) == (Question.READY, True, [])
    assert event.reason == "says: [31m ready now"


def test_a_secret_in_it_is_not_told_on() -> None:
    [event], _ = heard(Answer("said", text="listening on https://me:hunter2@db/", question="ready"))
    assert isinstance(event, Said)
    assert "hunter2" not in event.reason


def test_a_pattern_that_takes_too_long_is_given_up_and_that_is_told() -> None:
    events, published = heard(Answer("overran", question="health"))
    assert events == []
    assert published == [("warning", "health.log-line takes too long for its output, and is given up")]
