"""Finds where PHP's value differs from what the eye reads.

Knows nothing of what the library makes of a value: that is the importer's part.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from udaemon.migrate.ustream import keys
from udaemon.migrate.ustream.grammar import Bare, Entry, Piece, Section, Statement, VariableUse
from udaemon.migrate.ustream.result import Note
from udaemon.migrate.ustream.source import Source, show
from udaemon.migrate.ustream.tokens import Kind
from udaemon.units import counted

_OPERATORS = frozenset({Kind.OR, Kind.AND, Kind.XOR, Kind.COMPLEMENT, Kind.NOT, Kind.LEFT, Kind.RIGHT})
_KEYWORDS = frozenset({Kind.TRUE, Kind.FALSE, Kind.NULL})
_QUOTED = frozenset({Kind.RAW, Kind.QUOTE})
_ALL_CAPS = re.compile(rb"[A-Z][A-Z0-9]*_?[A-Z0-9_]+")
_DOLLAR_LINE = re.compile(rb"\$[\r\n]")
_DOLLAR_TAKES = re.compile(rb"\$([ \t;\"'=|&^~()!])")
_INVISIBLE = re.compile(rb"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]|\xc2[\x80-\xa0]|\xe2\x80[\x80-\x8f\xa8-\xaf]|\xef\xbb\xbf")
_WORD = re.compile(rb"\w")
_LISTED = 5


def find(source: Source, statements: Sequence[Statement], stop: int, variables: Sequence[VariableUse]) -> list[Note]:
    """All notes on a file that PHP takes, by line.

    Args:
        source: The file.
        statements: What PHP read.
        stop: Where the file ended for PHP.
        variables: The `${NAME}`s in it.
    """
    notes = [*_whole_file(source.data), *_structure(source, statements)]
    known: set[bytes] = set()
    for statement in statements:
        if isinstance(statement, Entry):
            notes += _entry(source, statement, first=statement.key not in known)
            known.add(statement.key)
        elif isinstance(statement, Bare):
            notes += _bare(source, statement.text, statement.start)
    notes += _end(source, statements, stop)
    notes += _variables(source, variables)
    return sorted(notes, key=lambda note: note.line)


def _whole_file(data: bytes) -> Iterator[Note]:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or data.count(b"\0") > len(data) // 4:
        yield Note(0, "utf-16", "the file looks like UTF-16; PHP reads single bytes and finds other keys and values")
    elif b"\0" in data:
        yield Note(0, "nul", "the file has NUL bytes; in a bare value one ends the value")


def _structure(source: Source, statements: Sequence[Statement]) -> Iterator[Note]:
    """Sections, and keys that come twice."""
    seen: dict[bytes, tuple[int, bool, Section | None]] = {}
    section: Section | None = None
    for statement in statements:
        if isinstance(statement, Section):
            if section is None:
                text = "section names mean nothing to the library: the keys of all sections are one list"
                yield Note(source.line_at(statement.start), "sections", text)
            section = statement
        if not isinstance(statement, Entry):
            continue
        line, key, is_array = source.line_at(statement.start), show(statement.key), statement.bracket is not None
        before = seen.get(statement.key)
        seen[statement.key] = (line, is_array, section)
        if before is None or (is_array and before[1]):
            continue
        if is_array or before[1]:
            yield Note(line, "array-replaced", f"`{key}` replaces the value of line {before[0]}")
        elif before[2] is not section and section is not None:
            text = f"`{key}` in section [{show(section.name)}] replaces the value of line {before[0]}"
            yield Note(line, "section-override", text)
        else:
            yield Note(line, "repeated-key", f"`{key}` again: it replaces the value of line {before[0]}")


def _bare(source: Source, text: bytes, start: int) -> Iterator[Note]:
    if text.startswith(b"#") or not _WORD.search(text):
        return
    line, shown = source.line_at(start), show(text)
    if b":" in text:
        yield Note(line, "colon", f"`{shown}` has no `=`: PHP ignores the line")
    else:
        yield Note(line, "no-value", f"`{shown}` has no `=`: PHP ignores it")


def _end(source: Source, statements: Sequence[Statement], stop: int) -> Iterator[Note]:
    """The end of the file, if PHP met it early: what is lost."""
    data, line = source.data, source.line_at(stop)
    if stop >= len(data):
        return
    if data[stop] != ord("'"):
        rest = data[stop : source.line_end(stop)].strip(b" \t")
        if not rest.startswith(b";"):
            yield from _bare(source, rest, stop)
        return
    lost = [text.strip() for text in re.split(rb"[\r\n]+", data[source.after_line(stop) :])]
    lost = [text for text in lost if text and text[:1] not in b";#"]
    last = statements[-1] if statements else None
    value = f': `{show(last.key)}` is "{show(last.value)}"' if isinstance(last, Entry) else ""
    text = f"a lone ' ends the file for PHP{value}"
    if lost:
        listed = ", ".join(f"`{show(text)}`" for text in lost[:_LISTED]) + (", …" if len(lost) > _LISTED else "")
        are = "line below is" if len(lost) == 1 else "lines below are"
        text += f", and {len(lost)} {are} lost: {listed}"
    yield Note(line, "cut-short", text)


def _variables(source: Source, variables: Sequence[VariableUse]) -> Iterator[Note]:
    for use in variables:
        line, name = source.line_at(use.start), show(use.name)
        if use.value is None:
            yield Note(line, "undefined-variable", f"`${{{name}}}` is not set: PHP puts nothing there")
        else:
            yield Note(line, "variable", f'`${{{name}}}` is "{show(use.value)}" from the environment')


def _entry(source: Source, entry: Entry, *, first: bool) -> Iterator[Note]:
    if first:
        yield from _key(source.line_at(entry.start), entry)
    yield from _value(source.line_at(entry.pieces[0].start), source.data, entry)
    yield from _value_end(source, entry)


def _key(line: int, entry: Entry) -> Iterator[Note]:
    key = entry.key.decode("utf-8", "replace")
    if entry.key.startswith(b"#"):
        text = f"a line that starts with `#` is no comment to PHP 7 and later: `{show(entry.key)}` is a key"
        yield Note(line, "hash-key", text)
    elif key in keys.WITHOUT_EFFECT:
        yield Note(line, "no-effect", f"the library ignores `{key}` in an ini file")
    elif key not in keys.KNOWN:
        meant = keys.nearest(key)
        hint = f"; did you mean `{meant}`?" if meant else ""
        yield Note(line, "unknown-key", f"the library does not know `{show(entry.key)}` and ignores it{hint}")


def _value(line: int, data: bytes, entry: Entry) -> Iterator[Note]:
    pieces = entry.pieces
    written = show(data[pieces[0].start : entry.end].strip())
    value = show(entry.value)
    if any(piece.kind in _OPERATORS for piece in pieces):
        yield Note(line, "arithmetic", f'PHP calculates: `{written}` is "{value}"; quotes would keep the text')
    if pieces[0].kind in _KEYWORDS:
        yield Note(line, "keyword", f'`{written}` is "{value}" to PHP')
    for number, piece in enumerate(pieces):
        text = data[piece.start : piece.end]
        if piece.kind is Kind.CONSTANT and piece.text != text:
            yield Note(line, "constant", f'`{show(text)}` is a constant of PHP: "{show(piece.text)}"')
        elif piece.kind is Kind.CONSTANT and len(pieces) == 1 and _ALL_CAPS.fullmatch(text):
            yield Note(
                line,
                "all-caps",
                f"`{written}` is kept as text; if PHP defines a constant of that name, its value was used",
            )
        elif piece.kind is Kind.STRING:
            yield from _dollars(line, entry, text)
        elif piece.kind in _QUOTED:
            yield from _quotes(line, data, pieces, number)
    if any(piece.kind is Kind.STRING and piece.text.startswith(b"#") for piece in pieces[1:]):
        yield Note(line, "hash-value", f'a `#` in a value starts no comment: the value is "{value}"')
    if _INVISIBLE.search(entry.value) or _INVISIBLE.search(entry.key):
        yield Note(line, "invisible", f'`{show(entry.key)}` = "{value}" has a character that cannot be seen')


def _dollars(line: int, entry: Entry, text: bytes) -> Iterator[Note]:
    if _DOLLAR_LINE.search(text):
        shown = f'`{show(entry.key)}` is "{show(entry.value)}"'
        yield Note(line, "dollar-at-line-end", f"a `$` takes the line end into the value: {shown}")
    elif taken := _DOLLAR_TAKES.search(text):
        yield Note(line, "dollar", f"a `$` takes the `{show(taken[1])}` behind it into the value as text")


def _quotes(line: int, data: bytes, pieces: Sequence[Piece], number: int) -> Iterator[Note]:
    piece = pieces[number]
    first, last = number == 0, number == len(pieces) - 1
    if piece.kind is Kind.RAW:
        glued = not first and pieces[number - 1].kind in {Kind.STRING, Kind.CONSTANT, Kind.NUMBER}
        ends = len(re.findall(rb"\r\n|\r|\n", piece.text))
        if glued or (ends and not first):
            lines = f", {counted(ends, 'line end')} included," if ends else ""
            yield Note(line, "apostrophes", f"the text between the two '{lines} joins the value without them")
            return
    elif (not first and data[piece.start] in b" \t") or (not last and data[piece.end - 1] in b" \t"):
        yield Note(line, "quote-joined", f'the blanks around "{show(piece.text)}" vanish')
    if b"\n" in piece.text or b"\r" in piece.text:
        yield Note(line, "many-lines", f'the quoted value goes over lines: "{show(piece.text)}"')


def _value_end(source: Source, entry: Entry) -> Iterator[Note]:
    """What stands behind the value on its line."""
    last, end = entry.pieces[-1], entry.end
    if last.kind is Kind.EOL:
        end = last.start
    line, rest = source.line_at(end), source.rest(end)
    if last.kind not in _QUOTED and rest.startswith(b";") and rest[1:2].strip(b" \t;"):
        yield Note(
            line, "semicolon", f'a `;` starts a comment without a blank before it: the value is "{show(entry.value)}"'
        )
    elif rest.startswith((b"\0", b"''")) and rest.strip(b"\0' \t"):
        text = f'the value is "{show(entry.value)}"; `{show(rest)}` behind it is ignored'
        yield Note(line, "rest-ignored", text)
