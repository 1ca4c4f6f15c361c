"""The key `depends-on`, from text and back to it."""

from __future__ import annotations

import pytest

from udaemon.manifest.dependencies import DependsOn
from udaemon.manifest.document import parse
from udaemon.manifest.written import as_text


@pytest.mark.parametrize(
    "value",
    [
        {"b": "ready", "a": "started"},
        {"b": {"condition": "ready", "required": False}, "a": "started"},
        {"c": "started", "b": {"condition": "ready", "restart": True}, "a": {"condition": "completed"}},
    ],
)
def test_what_is_written_as_toml_has_the_same_order(value: dict[str, object]) -> None:
    parsed = DependsOn().parse(value)
    text = as_text({"depends-on": DependsOn().dump(parsed)}, "toml")
    assert DependsOn().parse(parse("udaemon.toml", text, toml=True).data["depends-on"]) == parsed
