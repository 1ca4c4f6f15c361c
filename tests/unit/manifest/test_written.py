"""Tables as TOML, YAML and JSON: what is written reads back as the same, whatever the texts look like."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from udaemon.manifest.document import parse
from udaemon.manifest.written import FORMATS, as_text

TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\u2028\u2029\ufeff"), max_size=12)
ODD = st.sampled_from(["yes", "no", "on", "null", "~", "1", "1.0", "0x10", "2026-01-01", "", " ", "a: b", "#", "1:30"])
TREES = st.dictionaries(
    st.from_regex(r"[a-z]{1,5}", fullmatch=True),
    st.recursive(
        TEXTS | ODD | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(-1e9, 1e9),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.from_regex(r"[a-z]{1,5}", fullmatch=True), inner)
        ),
        max_leaves=6,
    ),
    max_size=4,
)


@given(TREES)
def test_what_is_written_reads_back_as_the_same(tree: dict[str, Any]) -> None:
    for form in ("toml", "yaml"):
        document = parse(f"f.{form}", as_text(tree, form), toml=form == "toml")
        assert (document.data, document.findings) == (tree, ())
    assert json.loads(as_text(tree, "json")) == tree


@pytest.mark.parametrize("form", FORMATS)
def test_keys_keep_their_order_and_letters_are_written_as_they_are(form: str) -> None:
    text = as_text({"b": "ä", "a": 1}, form)
    assert text.index("b") < text.index("a")
    assert "ä" in text
    assert text.endswith("\n")
