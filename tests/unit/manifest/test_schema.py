"""The JSON Schema and the model are one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from udaemon.manifest.keys import Key, Named, Table, keys_of
from udaemon.manifest.root import Root
from udaemon.manifest.schema import FILE, as_text, json_schema

REPOSITORY = Path(__file__).parents[3]
SCHEMA = jsonschema.Draft7Validator(json_schema())


def every_key(model: type = Root) -> Iterator[Key]:
    for key in keys_of(model):
        yield key
        if isinstance(key.type, Table):
            yield from every_key(key.type.model) if key.name != "defaults" else ()
        elif isinstance(key.type, Named):
            yield from every_key(key.type.model)


def test_the_file_in_the_repository_is_what_the_model_says() -> None:
    assert (REPOSITORY / "schemas" / FILE).read_text() == as_text(), "run: python -m udaemon.manifest.schema"


def test_it_is_a_draft_07_schema() -> None:
    jsonschema.Draft7Validator.check_schema(json_schema())
    assert json_schema()["$schema"] == "http://json-schema.org/draft-07/schema#"


@pytest.mark.parametrize("key", list(every_key()), ids=lambda key: key.name)
def test_every_key_says_what_it_is(key: Key) -> None:
    assert key.doc.endswith(".")
    if not isinstance(key.type, (Table, Named)):
        assert key.example is not None
        assert jsonschema.Draft7Validator({**key.type.schema(), **_definitions()}).is_valid(key.example)
        key.type.parse(key.example)


def _definitions() -> dict[str, Any]:
    return {"definitions": json_schema()["definitions"]}


@pytest.mark.parametrize(
    ("value", "good"),
    [
        ({"daemons": {"a": {"factory": "a:b", "sleep": "${PERIOD}"}}}, True),
        ({"x-mine": None, "daemons": {}}, True),
        ({"daemons": {"a": {"x-mine": 1}}}, False),
        ({"daemons": {"A": {}}}, False),
        ({"daemons": {"a": {"sleep": "5 s"}}}, False),
        ({"daemons": {"a": None}}, False),
        ({"unknown": 1}, False),
    ],
)
def test_it_takes_what_the_loader_takes(value: Any, good: bool) -> None:
    assert SCHEMA.is_valid(value) is good
