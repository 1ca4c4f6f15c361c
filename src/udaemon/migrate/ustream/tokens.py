"""The words a PHP ini scanner cuts a file into, under the names PHP's messages give them.

Knows nothing of how they are found (`scanner.py`) or put together (`grammar.py`).
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class Kind(Enum):
    """What a token is; the value is how PHP names it in a message."""

    END = "end of file"
    EOL = "END_OF_LINE"
    SECTION = "TC_SECTION"
    LABEL = "TC_LABEL"
    OFFSET = "TC_OFFSET"
    RAW = "TC_RAW"
    CONSTANT = "TC_CONSTANT"
    NUMBER = "TC_NUMBER"
    STRING = "TC_STRING"
    BLANKS = "TC_WHITESPACE"
    VARIABLE = "TC_DOLLAR_CURLY"
    NAME = "TC_VARNAME"
    QUOTED = "TC_QUOTED_STRING"
    TRUE = "BOOL_TRUE"
    FALSE = "BOOL_FALSE"
    NULL = "NULL_NULL"
    QUOTE = "'\"'"
    EQUALS = "'='"
    CLOSE = "']'"
    BRACE = "'}'"
    OR = "'|'"
    AND = "'&'"
    XOR = "'^'"
    COMPLEMENT = "'~'"
    NOT = "'!'"
    LEFT = "'('"
    RIGHT = "')'"
    MARK = "a mark"


class Token(NamedTuple):
    """A token: the bytes it stands for, where it is in the file, and the line PHP believes it ends on."""

    kind: Kind
    text: bytes
    start: int
    end: int
    line: int

    @property
    def name(self) -> str:
        """The token as PHP's message names it."""
        return f"'{self.text.decode('ascii')}'" if self.kind is Kind.MARK else self.kind.value


class SyntaxRefused(Exception):
    """PHP refuses the whole file: its message, its line, and the place in the bytes."""

    def __init__(self, reason: str, line: int, at: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line
        self.at = at
