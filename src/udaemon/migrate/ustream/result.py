"""What reading an ini file gives: PHP's values or its refusal, and notes for the person who reads the file.

Knows nothing of how it was read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from attrs import Factory

from udaemon.frozen import frozen

Values = Mapping[str, str | Mapping[str, str]]


class Note(NamedTuple):
    """Something to look at: the line of the file (from 1; 0 for the whole file), a fixed code, a sentence."""

    line: int
    code: str
    text: str


@frozen(kw_only=True)
class Result:
    """A file as PHP reads it.

    `values` is None where PHP refuses the file; `reason` and `line` are then PHP's own. `encoding` is "utf-8", or
    "latin-1" where the values are no UTF-8 and each character stands for one byte. `lines` has the line of each key,
    `variables` what each `${NAME}` was, None for nothing.
    """

    ok: bool
    values: Values | None
    line: int | None
    reason: str | None
    encoding: str
    php: str
    notes: tuple[Note, ...]
    lines: Mapping[str, int] = Factory(dict)
    variables: Mapping[str, str | None] = Factory(dict)
