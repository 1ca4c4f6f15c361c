"""Every page of the guide, and the README, does what it says: manifests pass `check`, transcripts are what is printed.

A page's blocks are taken in their order, in one project.
"""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from tests.docs.page import steps
from tests.docs.reader import Reader

from udaemon.cli.group import cli
from udaemon.manifest.pages import every_key

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "guide"
PAGES = [ROOT / "README.md", *sorted(GUIDE.glob("*.md"))]


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
        ("hooks", "such a line comes only from a hook in trouble"),
        ("install", "needs a clone; CI installs by the line of the README"),
    ]


def first_column(table: str) -> list[str]:
    """What is in code in the first column of a table of the page of questions."""
    rows = (GUIDE / "questions.md").read_text("utf-8").partition(f"\n{table}:\n\n")[2].partition("\n\n")[0]
    cells = [row.split("|")[1] for row in rows.splitlines()[2:]]
    return [code for cell in cells for code in re.findall(r"`([^`]+)`", cell)]


VERBS = set(cli.list_commands(click.Context(cli)))


@pytest.mark.parametrize(
    ("question", "awaited"),
    [
        ("How do I apply an edit of the manifest?", "apply"),
        ("In which order do they start?", "depends-on"),
        ("Can it run things by cron?", "cron"),
        ("Can a daemon run as another user?", "user"),
        ("How is it told that a daemon is well?", "health"),
    ],
)
def test_an_answer_says_not_yet_just_as_long_as_it_is_so(question: str, awaited: str) -> None:
    answer = (GUIDE / "questions.md").read_text("utf-8").partition(f"\n## {question}\n")[2].partition("\n## ")[0]
    is_there = awaited in VERBS | set(every_key())

    assert answer != ""
    assert is_there != bool(re.search(r"\b[Nn]ot (there )?yet\b", answer))


def test_the_design_says_not_built_yet_just_as_long_as_it_is_so() -> None:
    design = (ROOT / "docs" / "design.md").read_text("utf-8")
    awaited = {word for part in design.split("Not built yet")[1:] for word in re.findall(r"\*(\w+)\*", part)}
    built = {path.stem for path in (ROOT / "src").rglob("*") if path.suffix in {"", ".py"}} | VERBS

    assert awaited >= {"history"}
    assert awaited & built == set()


def test_what_other_systems_have_is_a_verb_or_a_key_here() -> None:
    verbs = [code.split()[1] for code in first_column("What you type")]
    keys = [code for code in first_column("What you write") if not code.startswith("[")]

    assert len(verbs) > 10
    assert len(keys) > 20
    assert set(verbs) - VERBS == set()
    assert set(keys) - set(every_key()) == set()


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here")
def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    (unit,) = [step.text for step in steps(GUIDE / "questions.md") if step.file == "shop.service"]
    path = tmp_path / "shop.service"
    path.write_text(unit.replace("/srv/shop/.venv/bin/udaemon", sys.executable).replace("/srv/shop", str(tmp_path)))

    verdict = subprocess.run(["systemd-analyze", "verify", path], capture_output=True, text=True, check=False)

    assert (verdict.returncode, verdict.stderr) == (0, "")
