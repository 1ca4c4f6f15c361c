"""Plain tables written as TOML, YAML or JSON, so that each reads back as the same.

Knows no key.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

FORMATS = ("toml", "yaml", "json")


def as_text(plain: Mapping[str, Any], form: str) -> str:
    """Write tables in one of the formats."""
    if form == "toml":
        import tomli_w

        return tomli_w.dumps(plain)
    if form == "yaml":
        return _yaml(plain)
    return json.dumps(plain, indent=2, ensure_ascii=False) + "\n"


def _yaml(plain: Mapping[str, Any]) -> str:
    import yaml

    from udaemon.manifest.yaml_syntax import RESOLVERS

    class Dumper(yaml.CSafeDumper):
        """Quotes what YAML 1.1 or our reading of 1.2 would take for something else than text."""

        def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - PyYAML's signature
            return True

    Dumper.yaml_implicit_resolvers = {
        letter: [*yaml.CSafeDumper.yaml_implicit_resolvers.get(letter, []), *RESOLVERS.get(letter, [])]
        for letter in {*yaml.CSafeDumper.yaml_implicit_resolvers, *RESOLVERS}
    }
    text: str = yaml.dump(dict(plain), Dumper=Dumper, sort_keys=False, allow_unicode=True, width=10_000)
    return text
