"""No key is known in one place only: schema, reference, `explain`, origin and a wrong manifest have it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from udaemon.manifest.document import parse
from udaemon.manifest.explain import explain
from udaemon.manifest.origin import origins
from udaemon.manifest.pages import anchor, every_key, key_page
from udaemon.manifest.schema import json_schema

REPOSITORY = Path(__file__).parents[3]
KEYS = sorted(every_key())
TOP = set("$schema context daemons defaults include max-starting project run-dir top.env top.env-file top.on".split())
GOLDEN = "\n".join(file.read_text() for file in (REPOSITORY / "tests/golden/check").glob("*/*.txt"))
PAGE = (REPOSITORY / "docs/reference/manifest.md").read_text()


@pytest.mark.parametrize("name", KEYS)
def test_the_schema_describes_it(name: str) -> None:
    table = json_schema() if name in TOP else json_schema()["definitions"]["daemon"]
    entry: dict[str, Any] = {}
    for part in name.removeprefix("top.").split("."):
        entry = table["properties"][part]
        (below,) = entry.get("allOf", [{}])
        table = json_schema()["definitions"].get(below.get("$ref", "").removeprefix("#/definitions/"), {})
    assert entry["title"] == name.removeprefix("top.").rpartition(".")[2]
    assert entry["description"].endswith(f"\n\n{key_page(name)}")


@pytest.mark.parametrize("name", KEYS)
def test_the_reference_has_it(name: str) -> None:
    assert re.search(rf"^####? {re.escape(name.removeprefix('top.'))}$", PAGE, re.MULTILINE)


@pytest.mark.parametrize("name", KEYS)
def test_its_page_is_there(name: str) -> None:
    title = re.escape(name.removeprefix("top."))
    assert re.search(rf"^\({anchor(name)}\)=\n####? {title}$", PAGE, re.MULTILINE)
    assert PAGE.count(f"({anchor(name)})=") == 1


@pytest.mark.parametrize("name", KEYS)
def test_it_is_explained(name: str) -> None:
    assert (explain(name) or "").startswith(f"{name}\n")


@pytest.mark.parametrize("name", KEYS)
def test_a_wrong_manifest_has_it(name: str) -> None:
    before = "" if name in TOP else r"(?:daemons\.[a-z-]+|defaults)\."
    assert re.search(rf": {before}{re.escape(name.removeprefix('top.'))}(?:\[\d+\])?: ", GOLDEN)


@pytest.mark.parametrize("name", [name for name in KEYS if name not in TOP])
def test_its_origin_is_told(name: str) -> None:
    path = ("daemons", "a", *name.split("."))
    text = f"[daemons.a]\n{name} = 1\n"
    document = parse("udaemon.toml", text, toml=True)
    (origin,) = origins(document.data, (document,), document.data, {})
    assert (origin.path, origin.file, origin.line) == (path, "udaemon.toml", 2)
