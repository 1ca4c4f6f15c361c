"""The messages between the supervisor and its logger: a length, then texts with NUL between them.

Knows nothing of what they mean. JSON would cost the logger half its start, and no path can hold a NUL.

To the logger: three times `inherit`, with the journal's memory and the ends of the pipe between; then `open ID SLOT
FILE-SLOT TARGET…` and `watch ID`, these too with one fd each in their ancillary data; `born ID PID`, with 0 where there
is no process; `begin`, when all was told that was there before; `abandon`, which asks to give up what no file takes;
`finish SECONDS`.
To the supervisor: `state ID TEXT` and `eof ID`; after `abandon` and at the end a `lost PATH LINES BYTES` for each file
that lost some, then `abandoned` or `left`.
"""

from __future__ import annotations

LONGEST = 64 * 1024
"""Bytes of a message; a path has 4,096 at most."""


class WireError(Exception):
    """What came is no message of ours; nobody knows where the next one begins."""


def pack(*fields: str) -> bytes:
    """One message of these texts; none may hold a NUL."""
    body = "\0".join(fields).encode("utf-8", "surrogateescape")
    return len(body).to_bytes(4, "big") + body


class Unpacker:
    """Cuts a stream of bytes back into messages."""

    def __init__(self) -> None:
        self._held = b""

    def feed(self, data: bytes) -> list[list[str]]:
        """The messages that are whole now that `data` has come.

        Raises:
            WireError: One is longer than any of ours.
        """
        held = self._held + data
        messages = []
        at = 0
        while len(held) - at >= 4:
            length = int.from_bytes(held[at : at + 4], "big")
            if length > LONGEST:
                raise WireError
            end = at + 4 + length
            if end > len(held):
                break
            messages.append(held[at + 4 : end].decode("utf-8", "surrogateescape").split("\0"))
            at = end
        self._held = held[at:]
        return messages
