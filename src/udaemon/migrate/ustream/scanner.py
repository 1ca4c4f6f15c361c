"""Cuts the bytes of an ini file into tokens by the states and longest-match rules of PHP 8.2's normal scanner.

Knows nothing of grammar, constants or values.

PHP's scanner has no end-of-file checks inside a word: it runs on into the memory behind the file, and a word that
ended out there (a bare key, a comment without a line end, an unclosed `'`) is no token; the file ends before it.
Lines are counted as PHP counts them, so that a refusal names PHP's line: a line end inside '…' or after `$` is not
counted, and a section header counts one whether or not a line end follows it.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import NamedTuple

from udaemon.migrate.ustream.tokens import Kind, Token

BOM = b"\xef\xbb\xbf"

# What stands behind the file in PHP's memory: NULs first, and sooner or later whatever would end a word.
_BEHIND = b"\0\0'\n"


class State(Enum):
    """Where in a statement the scanner is."""

    INITIAL = auto()
    SECTION = auto()
    OFFSET = auto()
    VALUE = auto()
    NAME = auto()
    QUOTES = auto()


class Rule(NamedTuple):
    """One pattern of a state and the token it makes."""

    kind: Kind
    pattern: re.Pattern[bytes]


def _rule(kind: Kind, pattern: bytes) -> Rule:
    return Rule(kind, re.compile(pattern, re.DOTALL))


_LABEL = rb'[^=\n\r\t;&|^$~(){}!"\[]++'
_NEWLINE = rb"(?:\r\n|\r|\n)"
# A `$` takes the next character with it, whatever that is, unless `${` opens a variable; `$\` may take two, so that
# in `$\$\'` both readings stay open to the end: the loops below are PHP's longest match without going back.
_VALUE_DOLLAR = rb"\$(?:[^{\x00\\]|\\(?:\$++\\)*+(?:\$++[^\x00\\$]?+|[^$])?+)"
_INDEX_DOLLAR = rb"\$(?:[^{\x00\\]|\\++(?:\$++\\++)*+(?:\$++[^\\$]?+|[^\\$])?+)"
_VALUE_TEXT = rb"(?:[^$= \t\n\r;&|^~()!\"'\x00]|" + _VALUE_DOLLAR + rb")++"
_INDEX_TEXT = rb"(?:[^$\n\r;\"'\]\\]|\\.|" + _INDEX_DOLLAR + rb")++"

_COMMENT = _rule(Kind.EOL, rb"[ \t]*+;[^\r\n]*+" + _NEWLINE)
_HASH_COMMENT = _rule(Kind.EOL, rb"[ \t]*+#[^\r\n]*+" + _NEWLINE)
_LINE_END = _rule(Kind.EOL, rb"[ \t]*+" + _NEWLINE)
_KEYWORDS = (
    _rule(Kind.TRUE, rb"(?i:true|on|yes)[ \t]*+"),
    _rule(Kind.FALSE, rb"(?i:false|off|none|no)[ \t]*+"),
    _rule(Kind.NULL, rb"(?i:null)[ \t]*+"),
)
_ITEMS = (
    _rule(Kind.RAW, rb"'[^']++'"),
    _rule(Kind.VARIABLE, rb"\$\{"),
    _rule(Kind.CONSTANT, rb"[a-zA-Z_][a-zA-Z0-9_]*+"),
    _rule(Kind.NUMBER, rb"[0-9]*\.[0-9]++|[0-9]++\.|-?[0-9]++"),
    _rule(Kind.QUOTE, rb'[ \t]*+"'),
    _rule(Kind.BLANKS, rb"[ \t]++"),
)
_OPERATORS = tuple(
    _rule(kind, re.escape(kind.value[1].encode()) + rb"[ \t]*+")
    for kind in (Kind.OR, Kind.AND, Kind.XOR, Kind.COMPLEMENT, Kind.NOT, Kind.LEFT, Kind.RIGHT)
)

# In the order in which PHP prefers them where two match the same length.
_RULES: dict[State, tuple[Rule, ...]] = {
    State.INITIAL: (
        _rule(Kind.SECTION, rb"\["),
        _rule(Kind.OFFSET, _LABEL + rb"\[[ \t]*+"),
        *_KEYWORDS,
        _rule(Kind.LABEL, _LABEL),
        _rule(Kind.EQUALS, rb"[ \t]*+=[ \t]*+"),
        _rule(Kind.MARK, rb"[:,.\[\]\"'()&|^+\-/*=%$!~<>?@{}]"),
        _rule(Kind.BLANKS, rb"[ \t]++"),
        _LINE_END,
        _COMMENT,
    ),
    State.SECTION: (
        _rule(Kind.CLOSE, rb"\][ \t]*+" + _NEWLINE + rb"?+"),
        *_ITEMS,
        _rule(Kind.STRING, _INDEX_TEXT),
    ),
    State.OFFSET: (
        _rule(Kind.CLOSE, rb"[ \t]*+\]"),
        *_ITEMS,
        _rule(Kind.STRING, _INDEX_TEXT),
    ),
    State.VALUE: (
        *_KEYWORDS,
        _LINE_END,
        *_ITEMS,
        *_OPERATORS,
        _rule(Kind.STRING, _VALUE_TEXT),
        _COMMENT,
    ),
    State.NAME: (
        _rule(Kind.NAME, _LABEL),
        _rule(Kind.BRACE, rb"\}"),
    ),
}
_PHP5_INITIAL = (*_RULES[State.INITIAL], _HASH_COMMENT)
_CLOSING_QUOTE = re.compile(rb'"[ \t]*+')
_QUOTED_STOP = re.compile(rb'[\\"$]')
_QUOTED_LINE = re.compile(rb"\r\n|\r|\n")


class Scanner:
    """Hands out one token after another; `END` again and again once the file has ended.

    Args:
        data: The file.
        php5: Take a line that starts with `#` for a comment, and `${` for a variable even after a backslash, as
            PHP did up to 5.6.
    """

    def __init__(self, data: bytes, *, php5: bool) -> None:
        # PHP looks for the mark only where more than three bytes are there.
        self._at = len(BOM) if data.startswith(BOM) and len(data) > len(BOM) else 0
        self._limit = len(data)
        self._data = data + _BEHIND
        self._states = [State.INITIAL]
        self._line = 1
        self._php5 = php5

    def next(self) -> Token:
        """The next token, and `Kind.END` when there is none."""
        while True:
            if self._at >= self._limit:
                return self._at_end()
            state = self._states[-1]
            token = self._in_quotes() if state is State.QUOTES else self._by_rules(state)
            if token.kind is Kind.BLANKS and state is State.INITIAL:
                continue
            return token

    def _at_end(self) -> Token:
        if self._states[-1] is State.VALUE:
            self._states[-1] = State.INITIAL
            return self._token(Kind.EOL, self._limit)
        return self._token(Kind.END, self._limit)

    def _token(self, kind: Kind, end: int) -> Token:
        start, self._at = self._at, end
        return Token(kind, self._data[start:end], start, end, self._line)

    def _end_of_file(self) -> Token:
        token = self._token(Kind.END, self._at)
        self._at = self._limit
        self._states = [State.INITIAL]
        return token

    def _by_rules(self, state: State) -> Token:
        kind, end = Kind.END, self._at
        rules = _PHP5_INITIAL if self._php5 and state is State.INITIAL else _RULES[state]
        for rule in rules:
            found = rule.pattern.match(self._data, self._at)
            if found is not None and found.end() > end:
                kind, end = rule.kind, found.end()
        if end > self._limit:
            return self._end_of_file()
        if kind is Kind.END:
            return self._unmatched(state)
        return self._enter(state, kind, end)

    def _unmatched(self, state: State) -> Token:
        """A byte that no rule of the state takes: in a value it ends the value, elsewhere the file."""
        if state is not State.VALUE:
            return self._end_of_file()
        self._states[-1] = State.INITIAL
        if self._data[self._at] == ord("="):
            # Left where it is: a statement that begins with `=` is what makes PHP refuse it.
            return self._token(Kind.EOL, self._at)
        return self._token(Kind.EOL, self._at + 1)

    def _enter(self, state: State, kind: Kind, end: int) -> Token:
        """Switch the state as the token asks, and count its line end."""
        if kind is Kind.EOL:
            self._line += 1
            self._states[-1] = State.INITIAL
        elif kind is Kind.CLOSE:
            self._line += state is State.SECTION
            self._states[-1] = State.INITIAL
        elif kind is Kind.SECTION:
            self._states[-1] = State.SECTION
        elif kind is Kind.OFFSET:
            self._states[-1] = State.OFFSET
        elif kind is Kind.EQUALS:
            self._states[-1] = State.VALUE
        elif kind is Kind.VARIABLE:
            self._states.append(State.NAME)
        elif kind is Kind.QUOTE:
            self._states.append(State.QUOTES)
        elif kind is Kind.BRACE:
            self._states.pop()
        return self._token(kind, end)

    def _in_quotes(self) -> Token:
        closing = _CLOSING_QUOTE.match(self._data, self._at)
        if closing is not None:
            self._states.pop()
            return self._token(Kind.QUOTE, closing.end())
        if self._data.startswith(b"${", self._at):
            self._states.append(State.NAME)
            return self._token(Kind.VARIABLE, self._at + 2)
        end = self._quoted_end()
        self._line += len(_QUOTED_LINE.findall(self._data, self._at, end))
        return self._token(Kind.QUOTED, end)

    def _quoted_end(self) -> int:
        r"""Where the text inside "…" stops: at a `"`, at `${`, or at the end of the file.

        A backslash takes the next byte with it. A `"` after a backslash closes all the same at the end of a line
        or of the file, so that "C:\logs\" is a whole string.
        """
        data, limit, at = self._data, self._limit, self._at
        while (found := _QUOTED_STOP.search(data, at, limit)) is not None:
            at = found.start()
            if data[at] == ord('"') or data.startswith(b"${", at, limit):
                return at
            if data[at] == ord("$"):
                at += 1
                continue
            closes = data[at + 1 : at + 2] == b'"' and (at + 2 >= limit or data[at + 2] in b"\r\n")
            if closes or (self._php5 and data.startswith(b"${", at + 1)):
                return at + 1
            at += 2
        return limit
