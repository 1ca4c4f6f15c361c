"""Writes a manifest into a folder and loads it, for tests.

Knows nothing of what is tested.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from udaemon.errors import Problem
from udaemon.manifest.model import Manifest
from udaemon.manifest.read import examine, load

ENVIRON = {"HOME": "/home/me", "XDG_STATE_HOME": "/state"}


def loaded(folder: Path, text: str, *, name: str = "udaemon.toml", environ: Mapping[str, str] = ENVIRON) -> Manifest:
    """Load a manifest with this text."""
    (folder / name).write_text(text)
    return load([name], environ=environ, cwd=str(folder))


def told(
    folder: Path, text: str | bytes, *, name: str = "udaemon.toml", environ: Mapping[str, str] = ENVIRON
) -> tuple[Problem, ...]:
    """Tell the problems of a manifest with this text."""
    (folder / name).write_bytes(text.encode() if isinstance(text, str) else text)
    return examine([name], environ=environ, cwd=str(folder)).problems
