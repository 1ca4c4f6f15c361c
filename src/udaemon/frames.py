"""The frames of every stream socket of udaemon: four bytes of length, big-endian, then that many bytes.

Knows nothing of what is inside one, and imports nothing: the fastest client and the logger start with this. Control
requests and answers and a child's reports are JSON, the logger's messages are texts with NUL between them. A zygote's
socket has no frames: it is SOCK_SEQPACKET, where the kernel keeps the bounds and a descriptor stays with its message.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

HEADER = 4


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
    def held(self) -> int:
        """Bytes of a frame that waits for its rest."""
        return len(self._data)

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Take what arrived, give the payloads that are complete by now.

        Raises:
            FrameError: The next frame announces itself as longer than allowed; nothing of it is kept.
        """
        self._data += data
        return self._whole_frames()

    def _whole_frames(self) -> Iterator[bytes]:
        while len(self._data) >= HEADER:
            length = int.from_bytes(self._data[:HEADER], "big")
            if length > self._limit:
                self._data.clear()
                raise FrameError(f"a frame of {length} bytes; at most {self._limit} are taken")
            end = HEADER + length
            if len(self._data) < end:
                return
            payload = bytes(self._data[HEADER:end])
            del self._data[:end]
            yield payload
