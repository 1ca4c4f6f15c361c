"""Nothing in the docs or in a docstring refers to what is not there: pages, headings, files, names, rows, decisions.

Looks at this repository only; what is on the web is not asked for.
"""

from __future__ import annotations

import ast
import pkgutil
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from tests.docs.page import tokens

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
SOURCE = ROOT / "src" / "udaemon"
PAGES = sorted(
    page
    for page in [*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *ROOT.glob("examples/**/*.md")]
    if not page.is_relative_to(DOCS / "changes") and "_build" not in page.parts
)
CODE = sorted(path for part in ("src", "tests", "benchmarks", "examples") for path in (ROOT / part).rglob("*.py"))
ROOMS = {path.name for base in (ROOT, SOURCE) for path in base.iterdir() if path.is_dir()} - {"php", "data"}

_FILE = re.compile(r"^(?P<path>[\w.-]+/[\w./*-]*)(?:::?.*)?$")
_DOTTED = re.compile(r"\budaemon(?:\.[A-Za-z_]\w*)+")
_NO_NAMES = re.compile(r"udaemon\.(toml|yaml|yml|schema|sarif|service|example|sock)\b")
_PAGE = re.compile(r'(?<![\w/.])((?:[a-z][\w-]*/)*[a-z][\w-]*\.md)\b(?:, "([^"]+)")?')
_ELSEWHERE = re.compile(r"\b(?:shared contract|(?:FAULTS|CONTRACT|LEGACY|DESIGN|STYLE) (?:F\d|section|§))")


@cache
def headings(page: Path) -> dict[str, str]:
    """The headings of a page by their anchors, as GitHub and MyST make them."""
    before = ""
    found = {}
    for token in tokens(page):
        if token.type == "inline" and before == "heading_open":
            text = "".join(inner.content for inner in token.children or () if inner.type in {"text", "code_inline"})
            found[re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")] = text
        before = token.type
    return found


def explicit_anchors(page: Path) -> set[str]:
    """Anchors that a page writes out, as the generated reference does for each key."""
    return set(re.findall(r"^\(([\w.-]+)\)=$", page.read_text(encoding="utf-8"), re.MULTILINE))


def links(page: Path) -> Iterator[str]:
    """Where the links of a page lead within the repository."""
    for token in tokens(page):
        if token.type == "link_open" and not re.match(r"[a-z]+:", href := str(token.attrs["href"])):
            yield href


def leads_somewhere(page: Path, href: str) -> bool:
    """Whether there is such a file and, in it, such a heading."""
    name, _, anchor = href.partition("#")
    target = (page.parent / name).resolve() if name else page
    return target.exists() and (not anchor or anchor in headings(target) or anchor in explicit_anchors(target))


def in_code(page: Path) -> list[str]:
    """What a page has in backticks, without blocks."""
    return [token.content for token in tokens(page) if token.type == "code_inline"]


def is_there(path: str) -> bool:
    """Whether a path leads to something from a place that a page may start at; NAME, ISSUE and KIND are any."""
    pattern = re.sub(r"NAME|ISSUE|KIND", "*", path).rstrip("/")
    return any(any(base.glob(pattern)) for base in (ROOT, SOURCE, DOCS, ROOT / "tests", ROOT / "src"))


def sources() -> Iterator[tuple[Path, str]]:
    """Each Python file with its text; this one, which has to name what must not be named, is left out."""
    for path in CODE:
        if path != Path(__file__):
            yield path.relative_to(ROOT), path.read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_links_of_a_page_lead_somewhere(page: Path) -> None:
    assert [href for href in links(page) if not leads_somewhere(page, href)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_files_and_names_in_backticks_are_there(page: Path) -> None:
    files = [match["path"] for code in in_code(page) if (match := _FILE.match(code)) is not None]
    ours = [path for path in files if path.split("/")[0] in ROOMS]
    names = [name for code in in_code(page) for name in _DOTTED.findall(code) if not _NO_NAMES.match(name)]

    assert [path for path in ours if not is_there(path)] == []
    assert [name for name in names if not resolves(name)] == []


@cache
def resolves(name: str) -> bool:
    """Whether a dotted name is a module, or something in one."""
    try:
        pkgutil.resolve_name(name)
    except (ImportError, AttributeError):
        return False
    return True


def test_what_a_docstring_or_comment_refers_to_is_in_the_repository() -> None:
    elsewhere = [(path, found) for path, text in sources() for found in _ELSEWHERE.findall(text)]

    assert elsewhere == [], 'name a page of docs/, as "faults.md F6" or docs/reference/contract.md, "Exit codes"'


def test_pages_that_code_names_are_there_with_their_headings() -> None:
    dead = []
    for path, text in sources():
        for docstring in docstrings(text):
            for name, heading in _PAGE.findall(docstring):
                found = [page for page in PAGES if f"/{page}".endswith(f"/{name}")]
                if not found or (heading and heading not in headings(found[0]).values()):
                    dead.append((str(path), name, heading))

    assert dead == []


def docstrings(text: str) -> Iterator[str]:
    """What a file says about itself and what is in it."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield ast.get_docstring(node) or ""


def test_decisions_that_are_named_are_there() -> None:
    known = {page.name[:4] for page in (DOCS / "decisions").glob("0*.md")}
    named = {number for _, text in sources() for number in re.findall(r"[Dd]ecision (\d{4})\b", text)}

    assert named <= known


def test_where_a_thing_lives_is_one_screen() -> None:
    assert len((DOCS / "where.md").read_text(encoding="utf-8").splitlines()) <= 45
