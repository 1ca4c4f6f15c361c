"""The pipes that a logger reads, by their descriptor and by the file that they share.

Knows nothing of what is read. What it takes to find those of one file does not grow with the number of others.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from udaemon.logs.sink import Sink
    from udaemon.logs.stream import Stream


class Streams(dict[int, "Stream"]):
    """Those that are open, by descriptor; ended ones are known until all of them is in the file."""

    def __init__(self) -> None:
        super().__init__()
        self._users: dict[Sink, dict[Stream, None]] = {}
        self._ended: dict[Sink, list[Stream]] = {}

    def add(self, stream: Stream) -> None:
        """It is open."""
        self[stream.fd] = stream
        self._users.setdefault(stream.sink, {})[stream] = None

    def end(self, stream: Stream) -> None:
        """Close it: it has been read to its end."""
        del self[stream.fd]
        os.close(stream.fd)
        stream.fd = -1  # the number may soon be another's
        del self._users[stream.sink][stream]
        self._ended.setdefault(stream.sink, []).append(stream)

    def open_of(self, sink: Sink) -> tuple[Stream, ...]:
        """Those that are open and go to this file."""
        return tuple(self._users.get(sink, ()))

    def has_open(self, sink: Sink) -> bool:
        """Whether there is one of those."""
        return bool(self._users.get(sink))

    def of(self, sink: Sink) -> tuple[Stream, ...]:
        """All that go to this file, also those that have ended and are not forgotten."""
        return (*self.open_of(sink), *self._ended.get(sink, ()))

    def forget_ended(self, sink: Sink) -> list[Stream]:
        """Forget those of this file that have ended, and the file itself if there are no others. Returns them."""
        if not self._users.get(sink, True):
            del self._users[sink]
        return self._ended.pop(sink, [])
