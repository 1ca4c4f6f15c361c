"""Laws of the manifest: measures, merging, places, and the way from model to text and back."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import tomli_w
from attrs import evolve
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from tests.fakes.manifests import SECONDS, TABLE, TEXT, TREE, WORD, manifests

from udaemon.manifest.document import parse
from udaemon.manifest.dump import dump
from udaemon.manifest.keys import says_none
from udaemon.manifest.measures import (
    DURATION_PATTERN,
    SIZE_PATTERN,
    format_duration,
    format_size,
    parse_duration,
    parse_size,
)
from udaemon.manifest.merge import merged
from udaemon.manifest.model import Manifest
from udaemon.manifest.plain import of_plain, to_plain
from udaemon.manifest.problems import Wrong
from udaemon.manifest.read import examine, load
from udaemon.manifest.references import Cooldown, SignalName, Umask
from udaemon.manifest.schema import json_schema
from udaemon.manifest.values import Duration, Flag, Number, Size, Text
from udaemon.manifest.written import as_text

FOLDER = tempfile.TemporaryDirectory()
SCHEMA = jsonschema.Draft7Validator(json_schema())
DIRECTORY = str(Path(FOLDER.name).resolve())


@settings(max_examples=40, phases=set(Phase) - {Phase.explain})
@given(manifests(DIRECTORY))
def test_what_is_dumped_loads_as_the_same_in_both_formats(manifest: Manifest) -> None:
    plain = dump(manifest)
    SCHEMA.validate(plain)
    toml, yml = Path(DIRECTORY, "udaemon.toml"), Path(DIRECTORY, "udaemon.yaml")
    toml.write_text(as_text(plain, "toml"))
    yml.write_text(as_text(plain, "yaml"))
    assert load([str(toml)], environ={}, cwd=DIRECTORY) == manifest
    assert load([str(yml)], environ={}, cwd=DIRECTORY) == evolve(manifest, file=str(yml))


@settings(max_examples=15, phases=set(Phase) - {Phase.explain})
@given(manifests(DIRECTORY))
def test_what_another_process_of_ours_is_given_is_the_same_there(manifest: Manifest) -> None:
    assert of_plain(json.loads(json.dumps(to_plain(manifest)))) == manifest


@given(SECONDS)
def test_a_duration_that_is_written_reads_as_the_same(seconds: float) -> None:
    assert parse_duration(format_duration(seconds)) == seconds


@given(st.integers(0, 2**63 - 1))
def test_a_size_that_is_written_reads_as_the_same(size: int) -> None:
    assert parse_size(format_size(size)) == size


@given(st.from_regex(DURATION_PATTERN, fullmatch=True))
def test_the_schema_s_durations_are_the_parser_s(text: str) -> None:
    assert parse_duration(text) is not None or len(text) > 64


@given(st.from_regex(SIZE_PATTERN, fullmatch=True))
def test_the_schema_s_sizes_are_the_parser_s(text: str) -> None:
    assert parse_size(text) is not None or len(text) > 64


@given(TABLE, TABLE, TABLE)
def test_merging_is_associative_and_the_empty_table_changes_nothing(a: Any, b: Any, c: Any) -> None:
    assert merged(merged(a, b), c) == merged(a, merged(b, c))
    assert merged(a, {}) == merged({}, a) == a
    assert merged(a, a) == a


@given(TABLE, TABLE)
def test_what_the_upper_table_says_holds(lower: Any, upper: Any) -> None:
    result = merged(lower, upper)
    for name, value in upper.items():
        if not isinstance(value, dict):
            assert result[name] == value
    assert set(result) == set(lower) | set(upper)


@given(st.sampled_from([Duration(), Size(), Flag(), Number(0, 9), Umask(), Cooldown(), SignalName(), Text()]), TREE)
def test_a_value_type_answers_or_says_what_is_wrong(type_: Any, value: Any) -> None:
    try:
        parsed = type_.parse(value)
    except Wrong:
        assert not isinstance(type_, Text) or not isinstance(value, str)
    else:
        assert parsed is not None or says_none(type_)
        assert type_.parse(type_.dump(parsed)) == parsed


@settings(max_examples=60)
@given(st.binary(max_size=60) | TEXT.map(str.encode), st.sampled_from(["a.toml", "a.yaml"]))
def test_f52_any_bytes_give_problems_and_nothing_else(raw: bytes, name: str) -> None:
    Path(DIRECTORY, name).write_bytes(raw)
    examined = examine([name], environ={}, cwd=DIRECTORY)
    assert (examined.manifest is None) == any(problem.severity == "error" for problem in examined.problems)


@settings(max_examples=60)
@given(st.dictionaries(WORD, TREE, min_size=1, max_size=4))
def test_every_key_and_value_of_a_document_has_its_place(tree: Any) -> None:
    """The places are those where the writer put the keys: each key's text begins there."""
    text = tomli_w.dumps(tree, multiline_strings=False)
    document = parse("a.toml", text, toml=True)
    lines = text.split("\n")
    for path in leaves(tree, ()):
        (line, column), _ = document.places[path]
        if isinstance(path[-1], str):
            assert lines[line - 1][column - 1 :].startswith(path[-1])


def leaves(value: Any, path: Any) -> Any:
    if isinstance(value, dict):
        for name, part in value.items():
            yield from leaves(part, (*path, name))
    elif path:
        yield path
