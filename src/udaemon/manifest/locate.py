"""From findings to problems: which file and which line said it.

Knows how tables lie over one another, and asks each document for its places only when there is something to report.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from udaemon.errors import Problem
from udaemon.manifest.document import Document
from udaemon.manifest.merge import Tree, lineage
from udaemon.manifest.problems import Finding, Path, dotted
from udaemon.manifest.quoting import fit

_MOST = 1000
"""How many problems of one manifest are reported; nobody reads more, and looking up their places takes time."""

_WHOLE = {"missing-variable", "bad-reference", "yaml-tag"}
"""What a value is stays unknown: whatever else is wrong at its place follows from this."""


def locate(findings: Iterable[Finding], documents: Sequence[Document], top: Tree) -> tuple[Problem, ...]:
    """Give each finding its place, and report each place's problem once, in the order of files and lines.

    `documents` are the layers, the lowest first, and `top` is what they came to.
    """
    found: dict[tuple[object, ...], Problem] = {}
    unknown: set[tuple[object, ...]] = set()
    for finding in findings:
        if len(found) == _MOST:
            problem = Problem("too-many", "there are more problems than these", "mend these first")
            found[()] = problem._replace(file=documents[-1].file)
            break
        problem = _problem(finding, documents, top)
        place = (problem.file, problem.line, problem.column)
        if finding.code in _WHOLE:
            unknown.add(place)
        if finding.code in _WHOLE or problem.line is None or place not in unknown:
            found.setdefault((*place, problem.code, problem.message), problem)
    return in_order(found.values(), documents)


def in_order(problems: Iterable[Problem], documents: Sequence[Document]) -> tuple[Problem, ...]:
    """Sort problems by the order of layers and by their places."""
    layer = {document.file: at for at, document in enumerate(documents)}
    return tuple(sorted(problems, key=lambda one: (layer.get(one.file or "", 0), one.line or 0, one.column or 0)))


def _problem(finding: Finding, documents: Sequence[Document], top: Tree) -> Problem:
    file, place, path = finding.file, finding.place, finding.path
    message, hint = finding.message, finding.hint
    among = [document for document in documents if file in (None, document.file)]
    if place is None:
        for wanted, exact in _candidates(path, top):
            document = next((one for one in reversed(among) if wanted in one.places), None)
            if document is not None:
                key, value = document.places[wanted]
                file, place = document.file, key if finding.at_key or not exact else value
                path = wanted if exact else path
                place = _within(place, finding.within, document) if exact else place
                message, hint = fit(finding.code, message, hint, document, wanted)
                break
    elif any(not document.own for document in among) and finding.code == "yaml-tag":
        message = "a tag is not taken"
    if file is None and documents:
        file = documents[-1].file
    line, column = place or (None, None)
    return Problem(finding.code, message, hint, dotted(path), file, line, column, finding.severity)


def _within(place: tuple[int, int], within: tuple[str, int] | None, document: Document) -> tuple[int, int]:
    """The place inside a text, where it is written as it is: on one line, and without escapes."""
    if within is None:
        return place
    (line, column), (text, offset) = place, within
    written = document.text.split("\n")[line - 1][column - 1 :]
    quote = next((quote for quote in ('"', "'", "") if written.startswith(quote + text)), None)
    return place if quote is None else (line, column + len(quote) + offset)


def _shorter(path: Path) -> Iterator[Path]:
    """How the same may be written shorter: a list of one without brackets, an item that is no table without its key."""
    if path and isinstance(path[-1], int):
        yield path[:-1]
    elif len(path) > 1 and isinstance(path[-2], int):
        yield (*path[:-2], path[-1])
        yield path[:-1]


def _candidates(path: Path, top: Tree) -> Iterator[tuple[Path, bool]]:
    """Return where a key may stand: at its path, in what is extended, in `defaults`, else at the table around."""
    yield path, True
    if len(path) > 2 and path[0] == "daemons":
        for base in lineage(top, str(path[1]))[1:]:
            yield ("daemons", base, *path[2:]), True
        yield ("defaults", *path[2:]), True
    for shorter in _shorter(path):
        yield from ((wanted, True) for wanted, exact in _candidates(shorter, top) if exact)
    for end in range(len(path) - 1, 0, -1):
        yield path[:end], False


def has_errors(problems: Iterable[Problem]) -> bool:
    """Whether any of them is more than a warning."""
    return any(problem.severity == "error" for problem in problems)
