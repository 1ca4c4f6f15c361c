"""Puts tokens together into statements by the grammar of PHP's ini files, and works out each value.

Knows nothing of the file's encoding, of the library's keys, or of what is surprising.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple, NoReturn

from udaemon.migrate.ustream import arithmetic
from udaemon.migrate.ustream.scanner import Scanner
from udaemon.migrate.ustream.tokens import Kind, SyntaxRefused, Token

_TEXTS = frozenset({Kind.RAW, Kind.CONSTANT, Kind.NUMBER, Kind.STRING, Kind.BLANKS})
_ITEM_STARTS = _TEXTS | {Kind.VARIABLE, Kind.QUOTE}
_KEYWORDS = {Kind.TRUE: b"1", Kind.FALSE: b"", Kind.NULL: b"", Kind.EOL: b""}
_BINARY = frozenset({Kind.OR, Kind.AND, Kind.XOR})
_UNARY = frozenset({Kind.COMPLEMENT, Kind.NOT})
# In index brackets the language's own constants are looked up too.
_LANGUAGE_CONSTANTS = {b"true": b"1", b"false": b"", b"null": b""}
_ESCAPE = re.compile(rb'\\([\\"$])')
# bison's parser stack holds 10,000 symbols; the statement list, the key and the `=` are on it already.
_MAX_DEPTH = 9990


class Piece(NamedTuple):
    """A part of a value: what kind of token it was, what PHP made of it, and where it stands."""

    kind: Kind
    text: bytes
    start: int
    end: int


class Entry(NamedTuple):
    """`key=value`, `key[]=value` or `key[index]=value`. `bracket` is None without brackets, empty for `[]`."""

    key: bytes
    bracket: bytes | None
    value: bytes
    pieces: tuple[Piece, ...]
    start: int
    end: int


class Section(NamedTuple):
    """A `[section]` line."""

    name: bytes
    start: int


class Bare(NamedTuple):
    """A line without `=`, which PHP ignores."""

    text: bytes
    start: int


Statement = Entry | Section | Bare


class Lookup(NamedTuple):
    """What a file can name without defining it."""

    constants: Mapping[bytes, bytes]
    variables: Mapping[bytes, bytes]


class VariableUse(NamedTuple):
    """A `${NAME}`: its value, None where there is none."""

    name: bytes
    value: bytes | None
    start: int


class Parser:
    """Reads statements from a scanner.

    Args:
        data: The file.
        lookup: Constants and variables.
        php5: Read as PHP 5.6 did.
    """

    def __init__(self, data: bytes, lookup: Lookup, *, php5: bool) -> None:
        self._scanner = Scanner(data, php5=php5)
        self._lookup = lookup
        self._token = self._scanner.next()
        self._pieces: list[Piece] = []
        self._last_end = 0
        self.variables: list[VariableUse] = []

    @property
    def at(self) -> int:
        """Where the file ended for PHP, once all statements are read."""
        return self._token.start

    def statements(self) -> Iterator[Statement]:
        """Each statement in turn.

        Raises:
            SyntaxRefused: Where PHP refuses the file. What came before is void too.
        """
        while self._token.kind is not Kind.END:
            token = self._advance()
            if token.kind is Kind.SECTION:
                name = self._items(self._plain)
                self._expect(Kind.CLOSE, "']'", token)
                yield Section(name, token.start)
            elif token.kind is Kind.LABEL:
                if self._token.kind is Kind.EQUALS:
                    yield self._entry(token, token.text.strip(b" \t"), None)
                else:
                    yield Bare(token.text.strip(b" \t"), token.start)
            elif token.kind is Kind.OFFSET:
                index = self._items(self._constant)
                self._expect(Kind.CLOSE, "']'", token)
                if self._token.kind is not Kind.EQUALS:
                    self._refuse("'='")
                yield self._entry(token, token.text.rstrip(b" \t")[:-1].strip(b" \t"), index)
            elif token.kind is not Kind.EOL:
                self._refuse(unexpected=token)

    def _entry(self, token: Token, key: bytes, index: bytes | None) -> Entry:
        self._advance()
        self._pieces = []
        value = self._value()
        return Entry(key, index, value, tuple(self._pieces), token.start, self._pieces[-1].end)

    def _advance(self) -> Token:
        token, self._token = self._token, self._scanner.next()
        return token

    def _expect(self, kind: Kind, expecting: str, opened: Token) -> Token:
        if self._token.kind is not kind:
            self._refuse(expecting, opened=opened)
        return self._advance()

    def _refuse(self, expecting: str = "", *, unexpected: Token | None = None, opened: Token | None = None) -> NoReturn:
        """Refuse the file at the token in hand; what was `opened` and never closed is the place to look at."""
        token = unexpected or self._token
        reason = f"syntax error, unexpected {token.name}" + (f", expecting {expecting}" if expecting else "")
        place = opened if opened is not None and token.kind is Kind.END else token
        raise SyntaxRefused(reason, token.line, place.start)

    def _value(self) -> bytes:
        """A whole value: a keyword, nothing, or an expression of one precedence, worked out from left to right."""
        if self._token.kind in _KEYWORDS:
            token = self._advance()
            text = _KEYWORDS[token.kind]
            self._pieces.append(Piece(token.kind, text, token.start, token.end))
            return text
        waiting: list[Kind | tuple[Kind, bytes]] = []
        brackets: list[Token] = []
        while True:
            while self._token.kind in _UNARY or self._token.kind is Kind.LEFT:
                if self._token.kind is Kind.LEFT:
                    brackets.append(self._token)
                waiting.append(self._operator())
                if len(waiting) > _MAX_DEPTH:
                    raise SyntaxRefused("memory exhausted", self._token.line, self._token.start)
            if self._token.kind not in _ITEM_STARTS:
                self._refuse()
            value = self._reduce(waiting, self._items(self._constant))
            while brackets and self._token.kind is Kind.RIGHT:
                self._operator()
                waiting.pop()
                brackets.pop()
                value = self._reduce(waiting, value)
            if self._token.kind not in _BINARY:
                break
            waiting.append((self._operator(), value))
        if brackets:
            self._refuse("'^' or '|' or '&' or ')'", opened=brackets[-1])
        return value

    @staticmethod
    def _reduce(waiting: list[Kind | tuple[Kind, bytes]], value: bytes) -> bytes:
        while waiting and waiting[-1] is not Kind.LEFT:
            operator = waiting.pop()
            if isinstance(operator, tuple):
                value = arithmetic.binary(operator[0], operator[1], value)
            else:
                value = arithmetic.unary(operator, value)
        return value

    def _operator(self) -> Kind:
        token = self._advance()
        self._pieces.append(Piece(token.kind, token.text, token.start, token.end))
        return token.kind

    def _items(self, constant: Callable[[Token], bytes]) -> bytes:
        """Words, quoted texts and variables side by side, joined."""
        texts: list[bytes] = []
        while self._token.kind in _ITEM_STARTS:
            token = self._advance()
            if token.kind is Kind.VARIABLE:
                text = self._variable(token)
            elif token.kind is Kind.QUOTE:
                text = self._quoted(token)
            elif token.kind is Kind.CONSTANT:
                text = constant(token)
            else:
                text = token.text[1:-1] if token.kind is Kind.RAW else token.text
            texts.append(text)
            end = self._last_end if token.kind in {Kind.VARIABLE, Kind.QUOTE} else token.end
            self._pieces.append(Piece(token.kind, text, token.start, end))
        return b"".join(texts)

    @staticmethod
    def _plain(token: Token) -> bytes:
        return token.text

    def _constant(self, token: Token) -> bytes:
        found = self._lookup.constants.get(token.text)
        if found is None:
            found = _LANGUAGE_CONSTANTS.get(token.text.lower(), token.text)
        return found

    def _variable(self, opened: Token) -> bytes:
        name = self._expect(Kind.NAME, "TC_VARNAME", opened).text.strip(b" \t")
        self._last_end = self._expect(Kind.BRACE, "'}'", opened).end
        # getenv() reads its argument up to the first NUL.
        value = self._lookup.variables.get(name.split(b"\0", 1)[0])
        self.variables.append(VariableUse(name, value, opened.start))
        return value or b""

    def _quoted(self, opened: Token) -> bytes:
        texts: list[bytes] = []
        while self._token.kind is not Kind.QUOTE:
            if self._token.kind is Kind.QUOTED:
                texts.append(_ESCAPE.sub(rb"\1", self._advance().text))
            elif self._token.kind is Kind.VARIABLE:
                texts.append(self._variable(self._advance()))
            else:
                self._refuse("TC_DOLLAR_CURLY or TC_QUOTED_STRING or '\"'", opened=opened)
        self._last_end = self._advance().end
        return b"".join(texts)
