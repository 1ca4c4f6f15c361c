"""Standard streams as a new Python program has them, in a process that was forked from another.

Knows nothing of what is read or written.
"""

from __future__ import annotations

import io
import sys
from typing import Literal, TextIO

_ENCODING, _ERRORS = "utf-8", "backslashreplace"


def take_standard_streams() -> None:
    """Have `sys.stdin`, `stdout` and `stderr` serve descriptors 0 to 2. What is so already is left untouched."""
    sys.stdin = sys.__stdin__ = _stream(sys.stdin or sys.__stdin__, 0, "r")  # type: ignore[assignment, misc]
    sys.stdout = _stream(sys.stdout, 1, "w")
    sys.stderr = _stream(sys.stderr, 2, "w")


def _stream(former: TextIO | None, fd: int, mode: Literal["r", "w"]) -> TextIO:
    """The stream as it is, if it serves this descriptor, line-buffered; a new one costs ten times as much."""
    try:
        if former is not None and former.fileno() == fd:
            if isinstance(former, io.TextIOWrapper) and mode == "w" and not _is_right(former):
                former.reconfigure(encoding=_ENCODING, errors=_ERRORS, line_buffering=True)
            return former
    except (OSError, ValueError, AttributeError):
        pass  # closed, or a stand-in without a descriptor
    return open(fd, mode, buffering=1, encoding=_ENCODING, errors=_ERRORS, closefd=False)


def _is_right(stream: io.TextIOWrapper) -> bool:
    return stream.line_buffering and stream.errors == _ERRORS and stream.encoding == _ENCODING
