"""epoll, or poll where there is none: `selectors` would bring enum and collections into the logger.

Knows nothing of what is polled.
"""

from __future__ import annotations

import select


class Poll:
    """`select.poll` with the time-out of `epoll`, which is in seconds."""

    def __init__(self) -> None:
        poll = select.poll()
        self.register = poll.register
        self.modify = poll.modify
        self.unregister = poll.unregister
        self._poll = poll.poll

    def poll(self, timeout: float | None) -> list[tuple[int, int]]:
        """Wait `timeout` seconds at most, None for ever."""
        return self._poll(None if timeout is None else timeout * 1000)


def poller() -> select.epoll | Poll:
    """A new poller, with POLLIN and POLLOUT as its masks."""
    return select.epoll() if hasattr(select, "epoll") else Poll()
