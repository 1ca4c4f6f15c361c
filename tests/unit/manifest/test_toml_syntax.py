"""TOML that is none: one finding at its place, quickly, and a hint where it is another system's file."""

from __future__ import annotations

import time

import pytest

from udaemon.manifest.toml_syntax import parse


def told(text: str) -> tuple[str, str, str | None, tuple[int, int] | None]:
    data, [finding] = parse(text)
    assert data == {}
    return finding.code, finding.message, finding.hint, finding.place


def test_what_is_right_is_read() -> None:
    assert parse("a = 1\n[b]\nc = [true, 'x']\n") == ({"a": 1, "b": {"c": [True, "x"]}}, [])


@pytest.mark.parametrize(
    ("text", "hint", "line"),
    [
        ("a = x\n", "put text in quotes", 1),
        ("a 5\n", "write key = value", 1),
        ("\na = 5 s\n", 'what has a unit is text in quotes, such as "5s" or "256M"', 2),
        ('$schema = "x"\n', 'a key with $ stands in quotes: "$schema"', 1),
        ("a = 256M # most\n", 'what has a unit is text in quotes, such as "5s" or "256M"', 1),
        ('a = "x\n', "close the string on its line", 1),
    ],
)
def test_a_usual_mistake_is_told_with_the_right_form(text: str, hint: str, line: int) -> None:
    code, _, given, place = told(text)
    assert (code, given) == ("syntax", hint)
    assert place is not None
    assert place[0] == line


@pytest.mark.parametrize(
    ("text", "system"),
    [
        ("[program:web]\ncommand=web\n", "supervisor"),
        ("[supervisord]\nnodaemon=yes\n", "supervisor"),
        ("[circus]\ncheck_delay = 5\n[watcher:web]\ncmd = web\n", "circus"),
        ("[Service]\nExecStart=/bin/web\n", "systemd unit"),
    ],
)
def test_another_systems_file_is_recognised(text: str, system: str) -> None:
    assert system in (told(text)[2] or "")


def test_a_key_that_is_there_already_is_told_where_it_is_the_second() -> None:
    code, message, _, place = told("[a]\nb = 1\nb = 2\n")
    assert (code, message, place) == ("duplicate-key", "is there already", (3, 1))


def test_a_text_that_ends_too_early_is_told_at_its_end() -> None:
    code, message, _, place = told("a = [1,\n\n\n")
    assert (code, place) == ("syntax", (1, 8))
    assert message.endswith("at the end")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (".".join("a" * 5000) + " = 1", "too-deep"),
        ("a = " + "1" * 5_000_000, "syntax"),
        ("a = " + "[" * 100_000, "too-deep"),
        ("a = " + "{b=" * 50_000, "too-deep"),
        ("a = 2026-02-31\n", "syntax"),
    ],
)
def test_what_would_take_the_parser_for_ever_is_told_at_once(text: str, code: str) -> None:
    began = time.monotonic()
    assert told(text)[0] == code
    assert time.monotonic() - began < 20.0
