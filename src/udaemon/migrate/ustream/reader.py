"""Reads a PHP ini file: bytes in; PHP's values, or its refusal, and notes out.

Knows nothing of files on disk, nor of what the library makes of a value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from attrs import evolve

from udaemon.migrate.ustream import refusals, surprises
from udaemon.migrate.ustream.arrays import PhpArray, array_name, index_of
from udaemon.migrate.ustream.grammar import Entry, Lookup, Parser, Statement
from udaemon.migrate.ustream.result import Note, Result, Values
from udaemon.migrate.ustream.source import Source
from udaemon.migrate.ustream.tokens import SyntaxRefused

Php = Literal["5", "8", "auto"]

_ONLY_PHP5 = "read as PHP 5 did, where a line that starts with `#` is a comment: PHP 7 and later refuse it ({})"
_PHP5_READS_IT = "PHP 5 would read the file: there a line that starts with `#` is a comment"


def read(
    data: bytes,
    *,
    constants: Mapping[str, str] | None = None,
    environ: Mapping[str, str] | None = None,
    php: Php = "8",
) -> Result:
    """Read a file as `parse_ini_file` does: normal scanner, no sections.

    Args:
        data: The file.
        constants: Constants that PHP would find, by name.
        environ: What `${NAME}` finds: environment and php.ini settings.
        php: "8" reads as PHP 8.2. "5" reads as PHP 5.6, where a line that starts with `#` is a comment. "auto" is
            "8", and where that is refused and "5" is not, "5" with a note.
    """
    lookup = Lookup(_as_bytes(constants or {}), _as_bytes(environ or {}))
    result = _read(data, lookup, php="5" if php == "5" else "8")
    if result.ok or php == "5":
        return result
    older = _read(data, lookup, php="5")
    if not older.ok:
        return result
    if php == "auto":
        return evolve(older, notes=(Note(result.line or 0, "php-5", _ONLY_PHP5.format(result.reason)), *older.notes))
    return evolve(result, notes=(*result.notes, Note(result.line or 0, "php-5-reads-it", _PHP5_READS_IT)))


def _as_bytes(texts: Mapping[str, str]) -> dict[bytes, bytes]:
    return {
        name.encode("utf-8", "surrogateescape"): text.encode("utf-8", "surrogateescape") for name, text in texts.items()
    }


def _read(data: bytes, lookup: Lookup, *, php: Literal["5", "8"]) -> Result:
    source = Source(data)
    parser = Parser(data, lookup, php5=php == "5")
    statements: list[Statement] = []
    try:
        statements.extend(parser.statements())
    except SyntaxRefused as refused:
        note = refusals.explain(source, refused)
        return Result(
            ok=False, values=None, line=refused.line, reason=refused.reason, encoding="utf-8", php=php, notes=(note,)
        )
    notes = surprises.find(source, statements, parser.at, parser.variables)
    encoding, values = _decoded(_stored(statements))
    if encoding != "utf-8":
        notes.insert(0, Note(0, "encoding", "the values are no UTF-8; they are read as Latin-1, a character a byte"))
    return Result(
        ok=True,
        values=values,
        line=None,
        reason=None,
        encoding=encoding,
        php=php,
        notes=tuple(notes),
        lines={
            entry.key.decode(encoding): source.line_at(entry.start) for entry in statements if isinstance(entry, Entry)
        },
        variables={use.name.decode("utf-8", "replace"): _text(use.value) for use in parser.variables},
    )


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("utf-8", "surrogateescape")


def _stored(statements: Iterable[Statement]) -> PhpArray:
    """All entries in one array; an array replaces a text of the same name, and a text an array."""
    top = PhpArray()
    for entry in statements:
        if not isinstance(entry, Entry):
            continue
        if entry.bracket is None:
            top.put(index_of(entry.key), entry.value)
            continue
        key = array_name(entry.key)
        array = top.items.get(key)
        if not isinstance(array, PhpArray):
            array = PhpArray()
            top.put(key, array)
        if entry.bracket:
            array.put(index_of(entry.bracket), entry.value)
        else:
            array.append(entry.value)
    return top


def _decoded(top: PhpArray) -> tuple[str, Values]:
    try:
        return "utf-8", _texts(top, "utf-8")
    except UnicodeDecodeError:
        return "latin-1", _texts(top, "latin-1")


def _texts(top: PhpArray, encoding: str) -> Values:
    return {
        _key(key, encoding): (
            {_key(index, encoding): leaf.decode(encoding) for index, leaf in value.leaves()}
            if isinstance(value, PhpArray)
            else value.decode(encoding)
        )
        for key, value in top.items.items()
    }


def _key(key: int | bytes, encoding: str) -> str:
    return str(key) if isinstance(key, int) else key.decode(encoding)
