"""What `tests/fuzz` found: each text once ended in a traceback."""

from __future__ import annotations

import pytest
from tests.fuzz.readers import load

DAEMON = "daemons: {a: {comand: x}}\n"


@pytest.mark.parametrize(
    "text",
    [
        'a = 1\na = 2\n["\\x0"]\n',
        'a = 1\na = 2\n"\\u" = 3\n',
        'a = 1\na = 2\nb = """\\q"""\n',
        f"a = 1\na = 2\nb = {'[' * 5000}\n",
        f"a = 1\na = 2\nb = {'{b = ' * 5000}\n",
    ],
)
def test_anything_may_stand_behind_a_repeated_key(text: str) -> None:
    load(text.encode(), toml=True)


@pytest.mark.parametrize("key", ["1", "? [x]\n", "<<", "null"])
@pytest.mark.parametrize(
    "value",
    ["&a [*a]", "&a {b: *a}", f"{'[' * 900}{']' * 900}", f"{'{a: ' * 900}{'}' * 900}"],
    ids=["list-in-itself", "table-in-itself", "lists", "tables"],
)
def test_what_is_refused_may_be_without_bounds(key: str, value: str) -> None:
    load(f"{DAEMON}{key}: {value}\n".encode(), toml=False)
