"""What a word of the manifest means, for a terminal; that every key is there is in test_every_key.py."""

from __future__ import annotations

import pytest

from udaemon.manifest.explain import explain, overview
from udaemon.manifest.topics import TOPICS


@pytest.mark.parametrize("word", ["sleep", "daemons.mailer.sleep", "defaults.sleep"])
def test_a_key_is_found_wherever_it_is_read(word: str) -> None:
    told = explain(word)
    assert told is not None
    assert told.startswith("sleep\n\nPeriod of the task")
    assert "  type     duration\n" in told
    assert "  default  " in told


def test_words_that_are_chosen_from_are_told_each() -> None:
    told = explain("restart") or ""
    assert '  "always"' in told
    assert '  "on-failure"' in told


def test_a_table_is_told_with_its_keys() -> None:
    told = explain("stop") or ""
    assert "  stop.signal " in told
    assert "type     " not in told


def test_a_key_that_is_for_some_only_says_for_whom() -> None:
    assert "  only     beside " in (explain("params") or "")


def test_a_code_is_told_with_how_to_mend_it() -> None:
    told = explain("bad-duration") or ""
    assert told.startswith("bad-duration: an error of the manifest\n\n")


def test_topics_have_their_paragraphs() -> None:
    topic = next(iter(TOPICS))
    assert (explain(topic) or "").count("\n\n") == TOPICS[topic].count("\n\n")


@pytest.mark.parametrize("word", ["", "nonsense", "daemons", "daemons.mailer", "defaults.", "sleep.sleep"])
def test_of_what_there_is_not_nothing_is_told(word: str) -> None:
    told = explain(word)
    assert told is None or word == "daemons"


@pytest.mark.parametrize("width", [40, 80, 200])
def test_no_sentence_is_wider_than_the_terminal(width: int) -> None:
    for word in ("sleep", "restart", "health", "too-big"):
        lines = (explain(word, width=width) or "").splitlines()
        assert all(len(line) <= width or line.startswith(("  ", "http")) for line in lines)


def test_the_overview_has_each_key_on_one_line() -> None:
    lines = overview().splitlines()
    assert sum(line.startswith("sleep ") for line in lines) == 1
    assert any(line.startswith("codes: ") for line in lines)
