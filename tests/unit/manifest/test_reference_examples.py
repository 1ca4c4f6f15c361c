"""Every example of a key in the reference and in `explain` can be copied into a manifest."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from udaemon.manifest.explain import explain

REFERENCE = Path(__file__).parents[3] / "docs/reference/manifest.md"


def test_what_the_reference_shows_as_toml_is_toml() -> None:
    examples = re.findall(r"^- Example: `(.+)`$", REFERENCE.read_text(), re.MULTILINE)
    assert len(examples) > 80
    for example in examples:
        assert tomllib.loads(example), example


def test_explain_shows_a_key_with_a_dollar_sign_as_toml_takes_it() -> None:
    assert '  example  "$schema" = "./schemas/udaemon-1.json"\n' in (explain("$schema") or "")
