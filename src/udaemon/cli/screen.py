"""Where `up` in the foreground shows what it has to show: plain lines, or a terminal with a board at its end.

Knows no supervisor. A terminal that is held (Ctrl-S) or slow holds up nobody who must hear Ctrl-C: it has a thread of
its own, and what is shown is handed to it. Once the board is gone, that thread sleeps until there is something to show.
"""

from __future__ import annotations

import os
import queue
import sys
import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from udaemon.cli.options import GlobalOptions
from udaemon.cli.output import say
from udaemon.ui import eventlines, jsonlines
from udaemon.ui.area import Area, Line, can_draw
from udaemon.ui.board import Board, period, rows_that_fit
from udaemon.ui.escape import escape
from udaemon.ui.table import Cell, name_width

_AHEAD = 32
"""So many pieces of the logs may wait for the terminal; then who reads the logs waits too."""

OnFailure = Callable[[OSError], None]


class Plain:
    """Line by line: events to stderr, logs to stdout. The board of a terminal is told the same."""

    def __init__(self, options: GlobalOptions) -> None:
        self._options = options

    def event(self, event: Mapping[str, Any]) -> None:
        """Something has happened: one line, if somebody wants it."""
        if eventlines.is_shown(event):
            self.say(eventlines.text(event), failed=eventlines.is_bad(event))

    def outcome(self, told: Mapping[str, Any]) -> None:
        """An instance that was started has come to something; its events say the same."""

    def settled(self) -> None:
        """All that was started has; nothing follows from it."""

    def stopping(self, *, hurry: bool) -> None:
        """Everything is asked to stop: one line."""
        self.say("killing what is left" if hurry else "stopping everything; once more kills at once")

    def logs(self, data: bytes) -> None:
        """Lines of logs. It may be long until they are written; raises OSError where they cannot be."""
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()

    def say(self, text: str, *, failed: bool = False) -> None:
        """A word of udaemon's own: one line."""
        say(self._options, text, failed=failed)

    def close(self) -> None:
        """That was all; nothing is held back."""


class Json(Plain):
    """Events and logs to stdout, a JSON object a line; words of udaemon's own to stderr."""

    def __init__(self, options: GlobalOptions, on_failure: OnFailure) -> None:
        super().__init__(options)
        self._on_failure = on_failure

    def event(self, event: Mapping[str, Any]) -> None:
        """Every one of them."""
        try:
            self.logs(jsonlines.record(event))
        except OSError as error:
            self._on_failure(error)


class Screen:
    """A terminal with a board.

    Args:
        board: What is drawn while daemons start and stop.
        area: The end of the terminal.
        on_failure: Told, in the screen's thread, that logs cannot be written.
    """

    def __init__(self, board: Board, area: Area, on_failure: OnFailure) -> None:
        self._board = board
        self._area = area
        self._on_failure = on_failure
        self._work: queue.SimpleQueue[Callable[[float], None] | None] = queue.SimpleQueue()
        self._room = threading.BoundedSemaphore(_AHEAD)
        self._held: list[bytes] = []
        self._told: list[Line] = []
        self._logs_here = sys.stdout.isatty()
        self._gone = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def event(self, event: Mapping[str, Any]) -> None:
        """To its row, or a line."""
        self._work.put(lambda now: self._told.extend(self._board.event(event, now)))

    def outcome(self, told: Mapping[str, Any]) -> None:
        """To its row."""
        self._work.put(lambda _now: self._board.outcome(told))

    def settled(self) -> None:
        """The board is drawn for the last time soon."""
        self._work.put(self._board.settle)

    def stopping(self, *, hurry: bool) -> None:
        """The board shows what still stops."""
        self._work.put(partial(self._board.stop, hurry=hurry))

    def logs(self, data: bytes) -> None:
        """Above the board; straight out where standard output is no terminal."""
        if not self._logs_here:
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
            return
        self._room.acquire()
        self._work.put(lambda _now: self._held.append(data))

    def say(self, text: str, *, failed: bool = False) -> None:
        """Above the board."""
        line = [Cell(escape(text), "red" if failed else "")]
        self._work.put(lambda _now: self._told.append(line))

    def close(self) -> None:
        """Draw what is left to draw, and let go of the terminal."""
        self._work.put(None)
        self._thread.join()

    def _run(self) -> None:
        drawn = 0.0
        while True:
            live = self._board.is_live
            try:
                work = self._work.get(timeout=max(0.0, drawn + period() - time.monotonic()) if live else None)
            except queue.Empty:
                work = _nothing
            now = time.monotonic()
            if work is None:
                self._end(now)
                return
            work(now)
            if not live or now >= drawn + period():
                self._draw(now)
                drawn = now

    def _draw(self, now: float) -> None:
        """Write what has come, and the board below it."""
        last = self._board.tick(now)
        if last or self._board.shows_logs(now):
            self._write(last)
        if self._board.is_live:
            self._on_terminal(lambda: self._area.draw(self._board.lines(now, rows_that_fit(self._area.size()[1]))))

    def _write(self, lines: list[Line]) -> None:
        """Write what stays: these lines first, then the logs, then what has happened."""
        held, self._held = self._held, []
        told, self._told = self._told, []
        if lines:
            self._on_terminal(lambda: self._area.above(lines))
        if held:
            self._on_terminal(self._area.clear)
            self._write_logs(held)
        if told:
            self._on_terminal(lambda: self._area.above(told))

    def _end(self, now: float) -> None:
        self._on_terminal(self._area.clear)
        self._write([])
        self._on_terminal(lambda: self._area.above(self._board.end(now)))

    def _write_logs(self, held: list[bytes]) -> None:
        try:
            sys.stdout.buffer.write(b"".join(held))
            sys.stdout.buffer.flush()
        except OSError as error:
            self._on_failure(error)
        for _ in held:
            self._room.release()

    def _on_terminal(self, write: Callable[[], None]) -> None:
        """A terminal that has gone is written to no more; the kernel tells this process so by SIGHUP, if it is its."""
        if self._gone:
            return
        try:
            write()
        except OSError:
            self._gone = True


Face = Plain | Screen
"""What shows to whoever watches; the foreground tells it what there is to show."""


def _nothing(_now: float) -> None:
    """It is time to draw."""


def face(
    options: GlobalOptions, project: str, names: list[str], timeouts: Mapping[str, float], on_failure: OnFailure
) -> Face:
    """A board where standard error is a terminal that can draw one, plain lines elsewhere and with -q."""
    if options.quiet or not can_draw(sys.stderr, os.environ.get("TERM", "")):
        return Plain(options)
    area = Area(sys.stderr, color=options.colors(is_terminal=True))
    longest = name_width(area.size()[0])
    board = Board(project, names, now=time.monotonic(), timeouts=timeouts, every=bool(options.verbose), longest=longest)
    return Screen(board, area, on_failure)
