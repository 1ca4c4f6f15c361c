"""The JSON Schema of a manifest, made from the model.

Knows no key: what is in the schema is what the model declares. Draft-07, because editors read that.
"""

from __future__ import annotations

import json
import os.path
from collections.abc import Mapping, Sequence
from typing import Any

from udaemon.manifest.keys import Key, Named, Table, says_none
from udaemon.manifest.model import PYTHON, Daemon
from udaemon.manifest.pages import HOME, key_page, level
from udaemon.manifest.references import NAME_PATTERN
from udaemon.manifest.root import Root
from udaemon.manifest.values import Schema

NUMBER = 1
"""Goes up when a manifest that was right becomes wrong."""

FILE = f"udaemon-{NUMBER}.json"
_REFERENCE: Schema = {
    "title": "reference",
    "description": "Text with ${VAR}, ${VAR:-default} or ${VAR:?message} in it.",
    "type": "string",
    "pattern": r"\$\{[A-Za-z_][A-Za-z0-9_]*(:[-?][^}]*)?\}",
}


def json_schema() -> Schema:
    """Describe a whole manifest."""
    definitions: dict[str, Schema] = {"reference": _REFERENCE}
    root = _table(Root, "", definitions)
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": f"urn:udaemon:manifest:{NUMBER}",
        "title": "udaemon manifest",
        "description": f"Declares every daemon of a project: udaemon.toml or udaemon.yaml.\n\n{HOME}",
        **root,
        "patternProperties": {"^x-": {"description": "Yours: udaemon does not look at it."}},
        "definitions": definitions,
    }


def with_factories(schema: Schema, factories: Sequence[Mapping[str, Any]]) -> Schema:
    """Add tasks and factories, each with a schema for its parameters: an editor completes both, and `params` too."""
    daemon = schema["definitions"]["daemon"]
    properties = dict(daemon["properties"])
    rules = []
    for key in PYTHON:
        mine = [one for one in factories if key in one["keys"]]
        known = [{"const": one["reference"], "description": one["description"] or f"a {key}"} for one in mine]
        properties[key] = {**properties[key], "anyOf": [*known, *properties[key]["anyOf"]]}
        rules += [
            {
                "if": {"properties": {key: {"const": one["reference"]}}, "required": [key]},
                "then": {"properties": {"params": {"properties": one["params"], "additionalProperties": one["open"]}}},
            }
            for one in mine
        ]
    definition = {**daemon, "properties": properties, **({"allOf": rules} if rules else {})}
    return {**schema, "definitions": {**schema["definitions"], "daemon": definition}}


def as_text() -> str:
    """Write the schema as it stands in `schemas/`."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def _table(model: type, table: str, definitions: dict[str, Schema]) -> Schema:
    return {
        "type": "object",
        "properties": {key.name: _property(name, key, definitions) for name, key in level(model, table)},
        "additionalProperties": False,
    }


def _property(name: str, key: Key, definitions: dict[str, Schema]) -> Schema:
    told: Schema = {"title": key.name, "description": f"{_description(key)}\n\n{key_page(name)}"}
    if key.example is not None:
        told["examples"] = [key.example]
    if isinstance(key.type, (Table, Named)):
        kind = key.type.model.__name__.lower()
        if kind not in definitions:
            definitions[kind] = {}
            table = "" if key.type.model is Daemon else f"{name}."
            definitions[kind] = {"title": kind, **_table(key.type.model, table, definitions)}
        below: Schema = {"$ref": f"#/definitions/{kind}"}
        if isinstance(key.type, Named):
            names = {"pattern": NAME_PATTERN}
            return {**told, "type": "object", "propertyNames": names, "additionalProperties": below}
        return {**told, "allOf": [below]}  # draft-07 ignores what stands beside a $ref
    default = plain_default(key)
    if default is not None:
        told["default"] = default
    return {**told, **key.type.schema()}


def _description(key: Key) -> str:
    return f"{key.doc} Default: {key.shown_default.replace('`', '')}." if key.shown_default else key.doc


def plain_default(key: Key) -> Any:
    """Write a key's default as it would stand in a manifest; None where there is none to write."""
    if isinstance(key.type, (Table, Named)) or key.shown_default:
        return None
    if key.default is None and not says_none(key.type):
        return None
    return key.type.dump(key.default)


if __name__ == "__main__":
    with open(os.path.join("schemas", FILE), "w", encoding="utf-8") as file:
        file.write(as_text())
