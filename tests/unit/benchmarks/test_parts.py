"""The copies of udaemon without one of its parts can still be made."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from benchmarks.parts import PLAIN, Edit, copy

import udaemon

SOURCE = Path(udaemon.__path__[0])


@pytest.mark.parametrize("name", PLAIN)
def test_each_part_can_be_taken_out_of_the_code_as_it_is(name: str, tmp_path: Path) -> None:
    """It is compiled as well, which is what tells of a text that was cut in the wrong place."""
    files = {edit.file for edit in PLAIN[name]}
    target = copy(SOURCE, tmp_path, PLAIN[name])

    for file in files:
        changed = target / "udaemon" / file
        assert changed.read_text() != (SOURCE / file).read_text()
        assert Path(importlib.util.cache_from_source(str(changed))).exists()


def test_a_text_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"units\.py has 'nowhere' 0 times"):
        copy(SOURCE, tmp_path, (Edit("units.py", "nowhere", ""),))
