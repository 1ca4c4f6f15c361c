"""A page of the docs as the steps that a reader takes: files to write, manifests to check, commands to run.

Knows nothing of how a step is done. CONTRIBUTING.md ("Docs that run") has the comments that steer it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.token import Token

_COMMENT = re.compile(r"<!--\s*([a-z]+):[ ]*([^\n]*?)\s*(?:\n(.*?))?-->", re.DOTALL)
_DIRECTIVES = frozenset({"file", "run", "skip"})


class Step(NamedTuple):
    """One block of a page, or one comment that stands for a block that the reader does not see.

    `kind` is the block's language. `file` is where the text goes.
    """

    line: int
    kind: str
    text: str
    file: str | None = None


class Command(NamedTuple):
    """One command of a console block, and what the page prints below it."""

    text: str
    printed: str


def tokens(path: Path) -> Iterator[Token]:
    """All of a page's tokens, those within lines too."""
    for token in MarkdownIt("commonmark").enable("table").parse(path.read_text(encoding="utf-8")):
        yield token
        yield from token.children or ()


def steps(path: Path) -> list[Step]:
    """The steps in the order of the page, without what is skipped."""
    found: list[Step] = []
    said: tuple[str, str] | None = None
    for token in tokens(path):
        line = token.map[0] + 1 if token.map else 0
        if token.type == "html_block" and (comment := _COMMENT.match(token.content.strip())):
            word, value, text = comment.groups()
            assert word in _DIRECTIVES, f"{path.name}:{line}: {word}: is none of {sorted(_DIRECTIVES)}"
            assert value, f"{path.name}:{line}: {word}: says nothing"
            if word == "run":
                found.append(Step(line, "console", f"$ {value}\n{text or ''}"))
            elif text:
                found.append(Step(line, "hidden", text, value))
            else:
                said = (word, value)
        elif token.type == "fence":
            word, value = said or ("", "")
            said = None
            if word != "skip":
                found.append(Step(line, token.info.strip(), token.content, value or None))
    assert said is None, f"{path.name}: no block follows {said}"
    return found


def commands(text: str) -> list[Command]:
    """What stands after `$ ` in a console block, each with the lines up to the next one."""
    found: list[Command] = []
    for line in text.splitlines():
        if line.startswith("$ "):
            found.append(Command(line[2:], ""))
        else:
            assert found, f"{line!r} stands before the first command"
            found[-1] = Command(found[-1].text, found[-1].printed + line + "\n")
    return found
