"""How those reply whom a hook or a probe asks: a server by a status line, a command by its end, the system by an errno.

Knows nothing of what follows. Who is asked may be hostile: of a server no more than a status line is read, and no
redirect is followed.
"""

from __future__ import annotations

import asyncio
import os
import ssl

from udaemon.system import oserror

LAST_WORDS = 4096
"""Bytes of a command's output in which its last line is looked for."""
_LONGEST_LINE = 8192


class NoReply(Exception):
    """What a server said was no answer. `passes`: the next one may be."""

    def __init__(self, message: str, *, passes: bool = False) -> None:
        super().__init__(message)
        self.passes = passes


async def http_status(host: str, port: int, request: bytes, context: ssl.SSLContext | None) -> int:
    """Send a request to a server, by TLS where there is a context, and read the status that it answers with.

    Raises:
        OSError: There is no connection.
        NoReply: It answers something else, or nothing.
    """
    reader, writer = await asyncio.open_connection(host, port, ssl=context, limit=_LONGEST_LINE)
    try:
        writer.write(request)
        line = await reader.readline()
    except ValueError:
        raise NoReply("answers something else than HTTP") from None
    finally:
        writer.transport.abort()
    if not line:
        raise NoReply("closed the connection without an answer", passes=True)
    word, _, rest = line.decode("latin-1").partition(" ")
    code = rest.strip()[:3]
    if not word.startswith("HTTP/") or not code.isascii() or not code.isdecimal():
        raise NoReply("answers something else than HTTP")
    return int(code)


def how_it_ended(code: int, output: bytes) -> str:
    """`no such table (exit code 1)`: the last line that a command wrote, and its return code as `subprocess` has it."""
    how = f"exit code {code}" if code >= 0 else f"killed by signal {-code}"
    lines = output[-LAST_WORDS:].decode(errors="replace").split("\n")
    last = next((line.strip() for line in reversed(lines) if line.strip()), "")
    return f"{last} ({how})" if last else how


def why(error: OSError) -> str:
    """`connection refused`, without the addresses that asyncio adds to it."""
    if error.errno is not None and error.errno > 0 and not isinstance(error, ssl.SSLError):
        return os.strerror(error.errno).lower()
    return oserror.reason(error)
