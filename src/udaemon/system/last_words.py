"""What a process said last on a stderr that is a file: of a traceback, the exception.

Knows nothing of the process.
"""

from __future__ import annotations

import os
from contextlib import suppress

_LOOKED_AT = 2000
"""Bytes at the end of the file."""


def last_words(fd: int) -> str:
    """Its last line, "" where there is none; one of a syntax error comes with its place."""
    size = os.fstat(fd).st_size
    text = os.pread(fd, _LOOKED_AT, max(size - _LOOKED_AT, 0)).decode("utf-8", "replace")
    said = [line.strip() for line in text.splitlines() if line.strip()]
    if not said:
        return ""
    places = [line for line in said if line.startswith('File "')]
    return f"{said[-1]} ({places[-1]})" if places else said[-1]


def last_words_at(path: str) -> str:
    """The same of the file there; "" where there is none."""
    with suppress(OSError):
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            return last_words(fd)
        finally:
            os.close(fd)
    return ""
