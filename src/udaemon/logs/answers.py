"""Parses the logger's messages field by field: it reads what strangers write, so it is not trusted either.

Knows nothing of what is done about it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from udaemon.logs.wire import WireError


class Answer(NamedTuple):
    """One message of the logger.

    Attributes:
        kind: "state", "eof", "lost", "abandoned" or "left".
        number: The log pipe that it is about, for the first two.
        text: The state, or the file that lost lines.
        lines: How many it lost.
        size: How many bytes.
    """

    kind: str
    number: int = 0
    text: str = ""
    lines: int = 0
    size: int = 0


def understood(fields: Sequence[str]) -> Answer:
    """The message that consists of these fields.

    Raises:
        WireError: It is none of those.
    """
    match fields:
        case ["state", number, text]:
            return Answer("state", _number(number), text)
        case ["eof", number]:
            return Answer("eof", _number(number))
        case ["lost", path, lines, size]:
            return Answer("lost", text=path, lines=_number(lines), size=_number(size))
        case ["abandoned" | "left" as kind, ""]:
            return Answer(kind)
        case _:
            raise WireError


def _number(digits: str) -> int:
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= 18):
        raise WireError
    return int(digits)
