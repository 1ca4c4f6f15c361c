"""The messages between the supervisor and its logger: frames of texts with NUL between them.

Knows nothing of what they mean. JSON would cost the logger half its start, and no path can hold a NUL.

To the logger: `outlive` where daemons outlive the supervisor; three times `inherit`, with the journal's memory and the
ends of the pipe between; then `open ID SLOT FILE-SLOT TARGET…` and `watch ID`, these too with one fd each in their
ancillary data; `spawned ID PID`, with 0 where there is no process; `change ID PID TARGET…`, with the same path;
`begin`, when all was told that was there before;
`abandon`, which asks to give up what no file takes; `finish SECONDS`.
To the supervisor: `state ID TEXT` and `eof ID`; `said ID QUESTION LINE` for a line that a target looks for, and
`overran ID QUESTION` where that takes too long; after `abandon` and at the end a `lost PATH LINES BYTES` for each file
that lost some, then `abandoned` or `left`.
"""

from __future__ import annotations

from udaemon.frames import FrameBuffer, FrameError, frame

LONGEST = 64 * 1024
"""Bytes of a message; a path has 4,096 at most."""


class WireError(Exception):
    """What came is no message of ours; nobody knows where the next one begins."""


def pack(*fields: str) -> bytes:
    """One message of these texts; none may hold a NUL."""
    return frame("\0".join(fields).encode("utf-8", "surrogateescape"))


class Unpacker:
    """Cuts a stream of bytes back into messages."""

    def __init__(self) -> None:
        self._frames = FrameBuffer(LONGEST)

    @property
    def held(self) -> int:
        """Bytes of a message that waits for its rest."""
        return self._frames.held

    def feed(self, data: bytes) -> list[list[str]]:
        """The messages that are whole now that `data` has come.

        Raises:
            WireError: One is longer than any of ours.
        """
        try:
            return [body.decode("utf-8", "surrogateescape").split("\0") for body in self._frames.feed(data)]
        except FrameError:
            raise WireError from None
