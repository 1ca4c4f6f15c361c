"""One log pipe in the logger: how its lines are to stand, and what was kept back of it.

Knows nothing of when it is read.
"""

from __future__ import annotations

import time

from udaemon.logs.format import LineFormatter
from udaemon.logs.retained import Held
from udaemon.logs.said_before import note, noted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from udaemon.logs.intake import Intake
    from udaemon.logs.journal import Journal
    from udaemon.logs.log_target import LogTarget
    from udaemon.logs.matching import Matcher
    from udaemon.logs.sink import Sink


class Stream:
    """One log pipe.

    Args:
        ident: The supervisor's number for it.
        slot: Its place in the journal.
        fd: The read end.
        target: How its lines are to stand.
        sink: Where they go.
        journal: Where a logger before this one may have left the beginning of a line, and that it has said it is ready.
        on_line: Called with the question that a line of it answers, and the line; see `matching.Found`.
    """

    __slots__ = (
        "_held",
        "_journal",
        "_matcher",
        "_on_line",
        "fd",
        "formatter",
        "ident",
        "listening",
        "sink",
        "slot",
        "told",
    )

    def __init__(
        self,
        ident: str,
        *,
        slot: int,
        fd: int,
        target: LogTarget,
        sink: Sink,
        journal: Journal,
        on_line: Callable[[str, str, str | None], None] = lambda _ident, _question, _line: None,
    ) -> None:
        self.ident = ident
        self.slot = slot
        self.fd = fd
        self._held = Held(journal, slot)
        self.formatter = LineFormatter(target, held=self._held.data, in_line=self._held.in_line)
        self.sink = sink
        self.told = ""
        self.listening = False
        self._journal = journal
        self._matcher = _matcher(target, self._held.data)
        self._on_line = on_line
        if target.ready and (line := noted(journal, slot, fd)) is not None:
            on_line(ident, "ready", line)

    def move(self, intake: Intake) -> int:
        """Bring one chunk from the pipe to the file. Returns its size, 0 at the end of the pipe.

        Raises:
            BlockingIOError: There is nothing now.
        """
        journal, sink = intake.journal, self.sink
        if chunk := intake.take(self.fd, self.slot, sink.slot):
            if lines := self.formatter.feed(chunk, journal.time):
                sink.append(lines)
            if self._matcher is not None:
                self.look_at(chunk)
            journal.commit(self.held_back(len(chunk)), sink.kept.changed())
        return len(chunk)

    def look_at(self, chunk: bytes) -> None:
        """Look for the lines that somebody waits for: before the chunk is done with, so that a kill leaves none out."""
        if self._matcher is not None:
            for question, line in self._matcher.feed(chunk, time.monotonic()):
                if question == "ready" and line is not None:
                    note(self._journal, self.slot, self.fd, line)
                self._on_line(self.ident, question, line)

    def change(self, target: LogTarget, pid: int) -> None:
        """Have its lines stand otherwise from now on, and its file be kept otherwise; what was kept back stays."""
        before = self.formatter
        self.formatter = LineFormatter(target, held=bytes(before.held), in_line=before.in_line)
        self.formatter.pid = pid or before.pid
        self._matcher = _matcher(target, bytes(before.held))
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


def _matcher(target: LogTarget, begun: bytes) -> Matcher | None:
    if not (target.ready or target.health):
        return None
    from udaemon.logs.matching import Matcher  # `re` is as much to load as half of the logger

    return Matcher(target, begun)
