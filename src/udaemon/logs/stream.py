"""One log pipe in the logger: how its lines are to stand, and what was kept back of it.

Knows nothing of when it is read.
"""

from __future__ import annotations

import time

from udaemon.logs.format import LineFormatter
from udaemon.logs.retained import Held

TYPE_CHECKING = False
if TYPE_CHECKING:
    from udaemon.logs.intake import Intake
    from udaemon.logs.journal import Journal
    from udaemon.logs.log_target import LogTarget
    from udaemon.logs.sink import Sink


class Stream:
    """One log pipe.

    Args:
        ident: The supervisor's number for it.
        slot: Its place in the journal.
        fd: The read end.
        target: How its lines are to stand.
        sink: Where they go.
        journal: Where a logger before this one may have left the beginning of a line.
    """

    __slots__ = ("_held", "fd", "formatter", "ident", "listening", "sink", "slot", "told")

    def __init__(self, ident: str, *, slot: int, fd: int, target: LogTarget, sink: Sink, journal: Journal) -> None:
        self.ident = ident
        self.slot = slot
        self.fd = fd
        self._held = Held(journal, slot)
        self.formatter = LineFormatter(target, held=self._held.data, in_line=self._held.in_line)
        self.sink = sink
        self.told = ""
        self.listening = False

    def move(self, intake: Intake) -> int:
        """Bring one chunk from the pipe to the file. Returns its size, 0 at the end of the pipe.

        Raises:
            BlockingIOError: There is nothing now.
        """
        journal, sink = intake.journal, self.sink
        if chunk := intake.take(self.fd, self.slot, sink.slot):
            if lines := self.formatter.feed(chunk, journal.time):
                sink.append(lines)
            journal.commit(self.held_back(len(chunk)), sink.kept.changed())
        return len(chunk)

    def change(self, target: LogTarget, pid: int) -> None:
        """Have its lines stand otherwise from now on, and its file be kept otherwise; what was kept back stays."""
        before = self.formatter
        self.formatter = LineFormatter(target, held=bytes(before.held), in_line=before.in_line)
        self.formatter.pid = pid or before.pid
        self.sink.change(target)

    def finish(self, journal: Journal) -> None:
        """Bring what was kept back to the file."""
        journal.finish(self.slot, self.sink.slot, time.time())
        if lines := self.formatter.finish(journal.time):
            self.sink.append(lines)
        journal.commit(self.held_back(0), self.sink.kept.changed())

    def held_back(self, came: int) -> bytes:
        """What is kept back now that a chunk of `came` bytes was formatted, as an entry for the journal."""
        return self._held.changed(self.formatter.held, in_line=self.formatter.in_line, came=came)
