"""The reference pages are what the model and the table of codes say, and every code is there."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

import pytest

from udaemon.manifest.codes import CODES
from udaemon.manifest.pages import HOME, code_page
from udaemon.manifest.reference import elsewhere_page, errors_page, manifest_page

REPOSITORY = Path(__file__).parents[3]
SOURCES = [
    *(file for room in ("manifest", "check") for file in (REPOSITORY / "src/udaemon" / room).glob("*.py")),
    REPOSITORY / "src/udaemon/system/executable.py",
]
TELL = {"Finding", "Wrong", "Fault", "note", "Told"}


def test_the_page_of_keys_is_what_the_model_says() -> None:
    page = REPOSITORY / "docs/reference/manifest.md"
    assert page.read_text() == manifest_page(), "run: python -m udaemon.manifest.reference"


def test_the_page_of_errors_is_what_the_table_says() -> None:
    page = REPOSITORY / "docs/reference/errors.md"
    assert page.read_text() == errors_page(), "run: python -m udaemon.manifest.reference"


def test_the_page_of_names_elsewhere_is_what_the_words_say() -> None:
    page = REPOSITORY / "docs/reference/elsewhere.md"
    assert page.read_text() == elsewhere_page(), "run: python -m udaemon.manifest.reference"


def test_every_code_that_is_used_is_explained_and_no_other() -> None:
    trees = [ast.parse(file.read_text()) for file in SOURCES if file.name != "codes.py"]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    texts = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    calls = [node for node in nodes if isinstance(node, ast.Call) and node.args]
    said = {call.args[0].value for call in calls if _name(call) in TELL and isinstance(call.args[0], ast.Constant)}
    assert said <= set(CODES)
    assert set(CODES) <= texts


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


@pytest.mark.parametrize("code", CODES)
def test_a_code_has_its_place_on_the_page(code: str) -> None:
    """Sphinx makes the anchor of a heading of small letters and hyphens of nothing but the heading."""
    assert code_page(code) == f"{HOME}reference/errors.html#{code}"
    assert errors_page().count(f"\n## {code}\n") == 1


def test_the_package_names_the_home_of_the_documentation() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    assert project["urls"]["Documentation"] == HOME


def test_codes_are_in_order() -> None:
    assert list(CODES) == sorted(CODES)
