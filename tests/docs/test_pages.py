"""Every page of the guide, and the README, does what it says: manifests pass `check`, transcripts are what is printed.

A page's blocks are taken in their order, in one project.
"""

from __future__ import annotations

import ast
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.docs.page import steps
from tests.docs.reader import Reader

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs" / "guide").glob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_does_what_it_says(page: Path, reader: Reader) -> None:
    todo = steps(page)
    if page.stem == "legacy" and shutil.which("php") is None:
        pytest.skip("there is no php here")
    reader.prepare(todo)
    for step in todo:
        try:
            reader.take(step)
        except AssertionError as error:
            error.add_note(f"at {page.relative_to(ROOT)}:{step.line}")
            raise


@pytest.mark.parametrize(("kind", "read"), [("python", ast.parse), ("json", json.loads)])
def test_what_is_not_run_can_at_least_be_read(kind: str, read: Callable[[str], object]) -> None:
    shown = [step.text for page in PAGES for step in steps(page) if step.kind == kind]

    assert shown != []
    assert all(read(text) for text in shown)


def test_what_does_not_run_is_told_here() -> None:
    """Skipped blocks are exceptions; whoever adds one says so here too."""
    skipped = [
        (page.stem, text) for page in PAGES for text in re.findall(r"<!-- skip: (.*) -->", page.read_text("utf-8"))
    ]

    assert skipped == [
        ("editors", "the words of another program, which change with its versions"),
        ("install", "needs a clone; CI installs by the line of the README"),
    ]
