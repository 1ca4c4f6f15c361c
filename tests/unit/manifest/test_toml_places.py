"""Where keys and values stand in TOML."""

from __future__ import annotations

import pytest

from udaemon.manifest.problems import Path
from udaemon.manifest.toml_places import places
from udaemon.manifest.toml_syntax import parse

TEXT = """\
# a comment = with [brackets]
title = "x # y" # z
"quo.ted" = 'a'
multi = '''
[not.a.table]
'''
[a.b] # here
c.d = 1
list = [ 1, # one
  { e = 2, "f" = [3] } ]
when = 2026-01-01 10:00:00
[[t]]
n = \"\"\"a\\\"\"\"\"
[t.u]
v = { w.x = -1 }
[[t]]
n = true
"""


@pytest.mark.parametrize(
    ("path", "key", "value"),
    [
        (("title",), (2, 1), (2, 9)),
        (("quo.ted",), (3, 1), (3, 13)),
        (("multi",), (4, 1), (4, 9)),
        (("a",), (7, 2), (7, 2)),
        (("a", "b"), (7, 4), (7, 4)),
        (("a", "b", "c"), (8, 1), (8, 1)),
        (("a", "b", "c", "d"), (8, 3), (8, 7)),
        (("a", "b", "list", 0), (9, 10), (9, 10)),
        (("a", "b", "list", 1, "e"), (10, 5), (10, 9)),
        (("a", "b", "list", 1, "f", 0), (10, 19), (10, 19)),
        (("a", "b", "when"), (11, 1), (11, 8)),
        (("t", 0), (12, 3), (12, 3)),
        (("t", 0, "n"), (13, 1), (13, 5)),
        (("t", 0, "u"), (14, 4), (14, 4)),
        (("t", 0, "u", "v", "w", "x"), (15, 9), (15, 13)),
        (("t", 1, "n"), (17, 1), (17, 5)),
    ],
)
def test_each_key_and_value_has_its_place(path: Path, key: tuple[int, int], value: tuple[int, int]) -> None:
    assert parse(TEXT)[1] == []
    assert places(TEXT)[path] == (key, value)


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("a = 1\nb = 2\na = 3", "duplicate-key", (3, 1)),
        ("[a]\nb = 1\n[a]", "duplicate-key", (3, 2)),
        ("a = {b = 1, b = 2}", "duplicate-key", (1, 13)),
        ("a.b = 1\n[a]\nb = 2", "duplicate-key", (3, 1)),
        ("a = ", "syntax", (1, 4)),
        ("a = 1 2", "syntax", (1, 7)),
        ("a = 'open", "syntax", (1, 10)),
        ("a: 1", "syntax", (1, 2)),
    ],
)
def test_what_is_no_toml_is_told_at_its_place(text: str, code: str, place: tuple[int, int]) -> None:
    assert [(finding.code, finding.place) for finding in parse(text)[1]] == [(code, place)]
