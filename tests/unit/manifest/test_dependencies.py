"""The key `depends-on`, from text and back to it."""

from __future__ import annotations

import pytest

from udaemon.manifest.dependencies import DependsOn
from udaemon.manifest.document import parse
from udaemon.manifest.problems import Wrong
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


def test_all_that_is_wrong_is_told_at_its_place() -> None:
    with pytest.raises(ExceptionGroup) as caught:
        DependsOn().parse({"No": "ready", "a": {"condition": "up", "required": "yes", "restrat": True}, "b": "ready"})
    wrongs = [one for one in caught.value.exceptions if isinstance(one, Wrong)]
    assert [(one.code, one.path, one.at_key) for one in wrongs] == [
        ("bad-name", ("No",), True),
        ("bad-choice", ("a", "condition"), False),
        ("wrong-type", ("a", "required"), False),
        ("unknown-key", ("a", "restrat"), True),
    ]
    assert wrongs[-1].hint == "did you mean restart?"


def test_a_name_in_a_list_is_wrong_at_its_value() -> None:
    with pytest.raises(ExceptionGroup) as caught:
        DependsOn().parse(["db", "No"])
    (wrong,) = caught.value.exceptions
    assert isinstance(wrong, Wrong)
    assert (wrong.code, wrong.path, wrong.at_key) == ("bad-name", (1,), False)
