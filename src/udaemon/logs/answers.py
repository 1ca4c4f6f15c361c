"""Parses the logger's messages field by field: it reads what strangers write, so it is not trusted either.

Knows nothing of what is done about it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from udaemon.logs.wire import WireError

_LONGEST_LINE = 200


class Answer(NamedTuple):
    """One message of the logger.

    Attributes:
        kind: "state", "eof", "said", "overran", "lost", "abandoned" or "left".
        number: The log pipe that it is about, for the first four.
        text: The state, the line that was said, or the file that lost lines.
        question: What a line answers, "ready" or "health".
        lines: How many it lost.
        size: How many bytes.
    """

    kind: str
    number: int = 0
    text: str = ""
    lines: int = 0
    size: int = 0
    question: str = ""


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
        case ["said", number, "ready" | "health" as question, line]:
            return Answer("said", _number(number), line[:_LONGEST_LINE], question=question)
        case ["overran", number, "ready" | "health" as question]:
            return Answer("overran", _number(number), question=question)
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
