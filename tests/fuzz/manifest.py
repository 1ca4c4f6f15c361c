"""Feeds the loader bytes that atheris makes up: whatever they are, there are problems or a manifest, and no traceback.

Knows nothing of what is right. On request only: `pip install atheris`, then
`python -m tests.fuzz.manifest [-max_total_time=60] CORPUS`, where CORPUS may hold the wrong manifests of
`tests/golden/check`.
"""

from __future__ import annotations

import sys

import atheris  # type: ignore[import-not-found, import-untyped, unused-ignore]

with atheris.instrument_imports():
    from tests.fuzz.readers import load


def one(data: bytes) -> None:
    """Load one input as TOML and as YAML."""
    for toml in (True, False):
        load(data, toml=toml)


if __name__ == "__main__":
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()
