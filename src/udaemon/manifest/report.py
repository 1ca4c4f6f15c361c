"""Problems as people and tools read them: text with the line and a caret, one line each, or JSON.

Knows nothing of how problems are found. Whatever a file holds, what is shown stays on its line and in its colour.
"""

from __future__ import annotations

import json
import os.path
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from udaemon.errors import Problem
from udaemon.manifest.secrets import is_secret, named, spans
from udaemon.units import counted

_TOKEN = re.compile(r"\"(?:[^\"\\]++|\\.)*+\"|'[^']*+'|[^\s,=\[\]{}#:](?:[^,=\[\]{}#:]|:(?=\S)){0,999}(?<!\s)")
_TEXT = r"\"(?:[^\"\\]++|\\.)*+\"?|'[^']*+'?"
_WEBHOOK = re.compile(r"\bwebhook[\"']?\s*[=:]\s*[\"']?(?:https?://)?([^\s\"',}\]]+)")
_HEADERS = re.compile(r"\bheaders[\"']?\s*[=:]\s*\{[^}]*\}?")
"""What a webhook's receiver is to know us by."""
_VARIABLES = re.compile(rf"(?<![\w-])env[\"']?\s*(?:[=:]\s*\{{[^}}]*|\.[^=]*=\s*(?:{_TEXT}))")
_DAEMON = r"daemons\.(?:\"(?:[^\"\\]|\\.)*\"|[^.\"]+)"
_IS_ENV = re.compile(rf"(?:(?:defaults|{_DAEMON})\.)?env(?:\.|$)")
"""The path of `env` or a variable in it, not that of a daemon which is called so."""
_KEY = re.compile(r"(?:^|[{,.]|- )\s*+[\"']?([A-Za-z_][\w-]*+)[\"']?\s*+[=:]\s*+(?![\[{])")
_VALUE = re.compile(rf"{_TEXT}|[^,}}\]#]++")
_HELD = re.compile(rf"([=:]\s*)(?![\[{{\s])({_TEXT}|[^,}}\]#]++)")
_NUMBER = re.compile(r"(?:[+-]?\d[\d_]*(?:\.\d+)?|true|false)(?![^\s,}\]#])")
_FIELD = re.compile(r"[^\s\"',]+")
_WIDEST = 110
_RED, _YELLOW, _BLUE, _BOLD, _PLAIN = "\033[1;31m", "\033[1;33m", "\033[1;34m", "\033[1m", "\033[0m"


def as_text(
    problems: Sequence[Problem],
    sources: Mapping[str, str],
    base: str,
    *,
    color: bool = False,
    total: bool = True,
    columns: int | None = None,
) -> str:
    """Show each problem with its line, a caret under the place and the hint.

    Args:
        problems: What is wrong.
        sources: The text of each file.
        base: From where files are named.
        color: Whether to colour.
        total: Whether to count them at the end.
        columns: Width of the terminal, at which prose goes on in the next line; None where there is none.
    """
    lines = {file: text.split("\n") for file, text in sources.items()}
    blocks = [_block(problem, lines, base, color=color, columns=columns) for problem in problems]
    return "\n".join([*blocks, count(problems) + "\n" if total else ""]) if problems else ""


def as_lines(problems: Sequence[Problem], base: str) -> str:
    """Show each problem on one line, as editors and grep read them."""
    return "".join(
        f"{_headline(problem, base)}{f' ({problem.hint})' if problem.hint else ''}\n" for problem in problems
    )


def as_json(problems: Sequence[Problem]) -> str:
    """Write the problems as a list of objects (docs/reference/contract.md, "JSON of check")."""
    return json.dumps([problem._asdict() for problem in problems], indent=2, ensure_ascii=False) + "\n"


def count(problems: Sequence[Problem]) -> str:
    """Return how many errors and warnings there are."""
    parts = []
    for severity in ("error", "warning"):
        number = sum(problem.severity == severity for problem in problems)
        if number:
            parts.append(counted(number, severity))
    return ", ".join(parts)


def _headline(problem: Problem, base: str) -> str:
    place = shown_path(problem.file, base) if problem.file else "manifest"
    if problem.line is not None:
        place += f":{problem.line}:{problem.column}"
    path = f"{printable(problem.path)}: " if problem.path else ""
    return f"{place}: {problem.severity}[{problem.code}]: {path}{printable(problem.message)}"


def _tinted(text: str, part: str, severity: str, *, color: bool) -> str:
    tint = _RED if severity == "error" else _YELLOW
    return text.replace(f" {part}", f" {tint}{part}{_PLAIN}", 1) if color else text


def _wrapped(text: str, columns: int | None, indent: int) -> str:
    """The text in lines of at most so many columns, broken between words alone."""
    if columns is None or _width(text) <= columns:
        return text
    import textwrap

    lines = textwrap.wrap(text, columns, subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False)
    return "\n".join(lines)


def _block(
    problem: Problem, sources: Mapping[str, Sequence[str]], base: str, *, color: bool, columns: int | None
) -> str:
    severity = f"{problem.severity}[{problem.code}]"
    lines = [_tinted(_wrapped(_headline(problem, base), columns, 4), severity, problem.severity, color=color)]
    blue, plain = (_BLUE, _PLAIN) if color else ("", "")
    margin = " " * len(str(problem.line or ""))
    source = _line(sources.get(problem.file or "", ()), problem.line)
    if source is not None and problem.column is not None:
        hidden = _without_secrets(
            source,
            _IS_ENV.match(problem.path) is not None or ".headers." in problem.path,
            problem.path.startswith("daemons.env"),
        )
        source = _with_number(hidden, source, problem)
        token = _FIELD if problem.code == "bad-cron" else _TOKEN
        shown, caret = _excerpt(source, problem.column - 1, token)
        lines.append(f"{blue}{problem.line} |{plain} {shown}".rstrip())
        lines.append(f"{blue}{margin} |{plain} {caret}")
    if problem.hint:
        mark = f"{margin} = hint: "
        hint = _wrapped(mark + printable(problem.hint), columns, len(mark)).removeprefix(mark)
        lines.append(f"{blue}{margin} ={plain} {_BOLD if color else ''}hint:{plain} {hint}")
    return "\n".join(lines) + "\n"


def _with_number(hidden: str, source: str, problem: Problem) -> str:
    """Show a number that stands where a variable's text should: it is the mistake, unless the name is a secret's."""
    start = (problem.column or 1) - 1
    found = _NUMBER.match(source, start)
    if problem.code != "wrong-type" or found is None or is_secret(problem.path.rpartition("env.")[2]):
        return hidden
    return hidden[:start] + found[0] + hidden[found.end() :]


def _line(lines: Sequence[str], number: int | None) -> str | None:
    return lines[number - 1] if number is not None and number <= len(lines) else None


@lru_cache(maxsize=16)
def _without_secrets(source: str, whole: bool, is_daemon: bool) -> str:
    """Mask a line, once for all the problems that stand on it: it may be as long as a file.

    Args:
        source: The line.
        whole: Whether all of it is about variables.
        is_daemon: Whether the first `env` in it is the name of a daemon.
    """
    if whole:
        return _masked(source)
    start = source.find("env") + 3 if is_daemon and "env" in source else 0
    source = _HEADERS.sub(lambda found: _masked(found[0]), source)
    source = source[:start] + _VARIABLES.sub(lambda found: _masked(found[0]), source[start:])
    for first, last in _secrets(source):
        source = source[:first] + _stars(source[first:last]) + source[last:]
    return source


def _secrets(source: str) -> Iterator[tuple[int, int]]:
    """Where secrets stand: the value of a key that is called so, and what text shows to be one."""
    yield from named(source, _KEY, _VALUE, "=:")
    for found in _WEBHOOK.finditer(source):
        yield found.span(1)
    yield from spans(source)


def _masked(source: str) -> str:
    """Hide what variables hold: a diagnostic may end in the log of a CI job."""
    return _HELD.sub(lambda found: found[1] + _stars(found[2]), source)


def _stars(text: str) -> str:
    """As long as the text, that a caret stands where it should; quotes stay, as they may be the mistake."""
    return re.sub(r"[^\s\"']", "*", text)


def _excerpt(source: str, start: int, token: re.Pattern[str]) -> tuple[str, str]:
    """Cut a long line round the place, and draw the caret under the whole key or value."""
    found = token.match(source, start)
    end = max(found.end() if found else start, start + 1)
    left = max(0, min(start - 20, len(source) - _WIDEST)) if len(source) > _WIDEST else 0
    piece = source[left : left + _WIDEST]
    before, after = "…" if left else "", "…" if left + _WIDEST < len(source) else ""
    pad = " " * (len(before) + _width(source[left:start]))
    return f"{before}{printable(piece)}{after}", pad + "^" * max(1, _width(source[start : min(end, left + _WIDEST)]))


def printable(text: str) -> str:
    """Replace, one for one, what could move a cursor, hide text or turn it round."""
    return "".join(letter if letter.isprintable() else " " if letter == "\t" else "\ufffd" for letter in text)


def _width(text: str) -> int:
    """Count terminal columns."""
    return sum(
        0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        for letter in text
    )


def shown_path(file: str, base: str) -> str:
    """Name a file from `base` where it lies below it."""
    near = os.path.relpath(file, base) if os.path.isabs(file) else file
    return printable(file if near.startswith("..") else near)
