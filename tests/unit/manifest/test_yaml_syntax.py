"""YAML as a manifest reads it: the 1.2 core schema."""

from __future__ import annotations

import math
from typing import Any

import pytest

from udaemon.manifest.yaml_syntax import parse, places


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("on", "on"),
        ("Off", "Off"),
        ("y", "y"),
        ("012", "012"),
        ("1:30", "1:30"),
        ("1_000", "1_000"),
        ("2026-01-01", "2026-01-01"),
        ("=", "="),
        ("true", True),
        ("False", False),
        ("12", 12),
        ("-3", -3),
        ("0o17", 15),
        ("0x1F", 31),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("+", "+"),
        ("-", "-"),
        (".inf", math.inf),
        ("'12'", "12"),
        ("!!str 12", "12"),
    ],
)
def test_a_plain_scalar_is_what_the_core_schema_says(text: str, value: Any) -> None:
    if text == "-":
        text = "'-'"
    data, findings, _ = parse(f"a: {text}")
    assert (data, findings) == ({"a": value}, [])
    assert type(data["a"]) is type(value)


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("a: 1\na: 2", "duplicate-key", (2, 1)),
        ("a: {b: 1, b: 2}", "duplicate-key", (1, 11)),
        ("a: &x {b: 1}\nc:\n  <<: *x", "merge-key", (3, 3)),
        ("a: !mine 1", "yaml-tag", (1, 4)),
        ("a: !!set {b}", "yaml-tag", (1, 4)),
        ("1: a", "bad-key", (1, 1)),
        ("true: a", "bad-key", (1, 1)),
        ("[a]: b", "bad-key", (1, 1)),
        ("a: 1\n---\nb: 2", "syntax", (2, 1)),
        ("a: 'open", "syntax", (1, 9)),
        ("a: *gone", "syntax", (1, 4)),
        ("a:\n\t- b", "syntax", (2, 1)),
        ("a: !!int 012", "syntax", (1, 4)),
        ("- a", "syntax", (1, 1)),
    ],
)
def test_what_yaml_allows_and_a_manifest_does_not_is_told_at_its_place(
    text: str, code: str, place: tuple[int, int]
) -> None:
    _, findings, _ = parse(text)
    assert [(finding.code, finding.place) for finding in findings] == [(code, place)]


def test_lines_end_where_an_editor_ends_them() -> None:
    text = 'x: "\U0001f600"\na: b\u2028\nc: {d: e}\n'
    _, findings, node = parse(text)
    assert findings == []
    assert node is not None
    assert places(text, node)["c", "d"] == ((3, 5), (3, 8))


def test_anchors_and_aliases_repeat_a_value() -> None:
    data, findings, _ = parse("a: &x {b: [1]}\nc: *x")
    assert (data, findings) == ({"a": {"b": [1]}, "c": {"b": [1]}}, [])


def test_what_is_refused_is_read_as_it_was_meant_so_that_nothing_seems_to_be_missing_too() -> None:
    data, findings, _ = parse("x: &x {b: 1, c: 2}\n1: {b: 3}\nd:\n  c: 4\n  <<: *x\ne: {<<: [*x, {f: 5}], b: 6}")
    assert [finding.code for finding in findings] == ["bad-key", "merge-key", "merge-key"]
    assert data == {"x": {"b": 1, "c": 2}, "1": {"b": 3}, "d": {"b": 1, "c": 4}, "e": {"b": 6, "c": 2, "f": 5}}
