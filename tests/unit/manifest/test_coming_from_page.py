"""The page for migrants: what it says to write is right, and what it says to replace is known to `check`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from udaemon.manifest.meant import target, word_for
from udaemon.manifest.read import examine

PAGE = (Path(__file__).parents[3] / "docs/guide/coming-from.md").read_text()
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
OURS = [(form, text) for form, text in BLOCKS if "daemons" in text]
THEIRS = [text for _, text in BLOCKS if "daemons" not in text]


def test_each_system_has_its_file_and_ours() -> None:
    assert len(OURS) == len(THEIRS) == 4


@pytest.mark.parametrize(("form", "text"), OURS)
def test_a_manifest_of_the_page_passes(form: str, text: str, tmp_path: Path) -> None:
    file = tmp_path / f"udaemon.{form}"
    file.write_text(text.replace('"/srv', f'"{tmp_path}'))
    examined = examine([str(file)], environ={}, cwd=str(tmp_path))
    assert examined.problems == ()
    assert examined.manifest is not None
    assert len(examined.manifest.daemons) == 1


@pytest.mark.parametrize("text", THEIRS)
def test_the_words_of_the_other_side_are_known(text: str) -> None:
    words = re.findall(r"^\s*(\w+)(?==|: )", text, re.MULTILINE) + re.findall(r"[,{] ([a-z]\w+):", text)
    assert len(words) >= 8
    unknown = [word for word in words if not (word_for(word, "") or target(word, "") or target(word, None))]
    assert [word for word in unknown if word not in {"name", "apps"}] == []
