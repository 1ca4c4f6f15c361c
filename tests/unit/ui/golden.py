"""Golden text of what is drawn, in tests/golden."""

from __future__ import annotations

import os
import re
from pathlib import Path

_FOLDER = Path(__file__).parents[2] / "golden"
_ACCEPT = bool(os.environ.get("UDAEMON_ACCEPT"))


def compare(name: str, text: str, columns: int | None = None) -> None:
    """Compare with the golden file; UDAEMON_ACCEPT=1 writes it. No line is wider than so many columns."""
    file = _FOLDER / f"{name}.txt"
    if _ACCEPT:
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")
    if columns is not None:
        assert max(len(line) for line in re.sub(r"\x1b\[[\d;]*m", "", text).splitlines()) <= columns
