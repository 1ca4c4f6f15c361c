"""The frames of the control socket: four bytes of length, big-endian, then that many bytes.

Knows nothing of what is inside one; `messages.py` does. Imports nothing: the fastest client needs only this.
"""

from __future__ import annotations

HEADER = 4

MAX_REQUEST = 64 * 1024
"""Bytes of a request: a client may be anybody who got this far."""

MAX_ANSWER = 16 * 1024 * 1024
"""Bytes of an answer: a thousand instances take less than one MiB."""

ANSWER_BEGINS = b'{"ok":true,"data":'
ANSWER_ENDS = b',"more":false}'
"""What stands before and after the data of a last answer, byte for byte: a client may pass the data on unread."""


class FrameError(Exception):
    """The peer does not speak in frames."""


def frame(payload: bytes) -> bytes:
    """A payload with its length before it."""
    return len(payload).to_bytes(HEADER, "big") + payload


class FrameBuffer:
    """Puts frames together from the pieces in which they arrive.

    Args:
        limit: The longest payload that is taken, in bytes.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._data = bytearray()

    @property
    def partial(self) -> bool:
        """Whether the beginning of a frame waits for its rest."""
        return bool(self._data)

    def feed(self, data: bytes) -> list[bytes]:
        """Take what arrived, give the payloads that are complete by now.

        Raises:
            FrameError: A frame announces itself as longer than allowed; nothing of it was kept.
        """
        self._data += data
        payloads = []
        while len(self._data) >= HEADER:
            length = int.from_bytes(self._data[:HEADER], "big")
            if length > self._limit:
                self._data.clear()
                raise FrameError(f"a frame of {length} bytes; at most {self._limit} are taken")
            end = HEADER + length
            if len(self._data) < end:
                break
            payloads.append(bytes(self._data[HEADER:end]))
            del self._data[:end]
        return payloads
