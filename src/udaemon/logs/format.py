"""Chunks of output made into whole lines as they stand in a log file.

Knows no file and no clock: the time of a chunk is an argument. A plain chunk is stamped by one `bytes.replace`, never
line by line, which in Python costs fifty times as much.
"""

from __future__ import annotations

import os
import time

from udaemon.logs.log_target import JSON, LEGACY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from udaemon.logs.log_target import LogTarget

LONGEST_LINE = 64 * 1024
"""A line of more than this without an end is passed on in pieces, cut between two characters."""

GOES_ON = b" [line goes on]"
"""Stands at the end of each piece of an overlong line but the last, where lines have a prefix; JSON has `partial`."""


class Stamps:
    """RFC 3339 in UTC, to the millisecond. Made anew when the millisecond is another, most of it once a second."""

    def __init__(self) -> None:
        self._second = self._milli = -1
        self._head = self._text = b""

    def at(self, now: float) -> bytes:
        """`now` (seconds since the epoch) as text."""
        milli = int(now * 1000)
        if milli != self._milli:
            self._milli = milli
            second, part = divmod(milli, 1000)
            if second != self._second:
                self._second = second
                self._head = time.strftime("%Y-%m-%dT%H:%M:%S.", time.gmtime(second)).encode()
            self._text = b"%b%03dZ" % (self._head, part)
        return self._text


class LegacySeconds:
    """Times as the legacy library wrote them, but always in UTC. Made anew once a second."""

    def __init__(self) -> None:
        self._second = -1
        self._text = b""

    def at(self, now: float) -> bytes:
        """`now` (seconds since the epoch) as MM/DD/YYYY HH:MM:SS."""
        second = int(now)
        if second != self._second:
            self._second = second
            self._text = time.strftime("%m/%d/%Y %H:%M:%S", time.gmtime(second)).encode()
        return self._text


_STAMPS = Stamps()
_SECONDS = LegacySeconds()


class LineFormatter:
    """Lets whole lines of one pipe through, each with its prefix, and keeps the beginning of the next one back.

    Lines of several pipes that share a file can therefore never mix. `pid` is the process that legacy lines name: set
    it before the first of them. The same chunks and times give the same bytes again, `held` and `in_line` being equal.

    Attributes:
        held: What is kept back.
        in_line: Pieces of the line that it belongs to were let through.
    """

    def __init__(self, target: LogTarget, *, held: bytes = b"", in_line: bool = False) -> None:
        self.pid = 0
        self.held = bytearray(held)
        self._stamped = target.timestamps
        self._legacy = target.format == LEGACY
        self._tag = (b"%d> " if self._legacy else b"[%d] ") % target.instance if target.tagged else b""
        self._json = _json_head(target) if target.format == JSON else None
        self._bare = not (target.timestamps or self._tag or self._legacy or target.format == JSON)
        self.in_line = in_line

    def feed(self, chunk: bytes, now: float) -> bytes:
        """What can be written now that `chunk` has come."""
        held = self.held
        if chunk[-1] == 10 and not held:
            self.in_line = False
            return chunk if self._bare else self._dressed(chunk, now)
        cut = chunk.rfind(b"\n") + 1
        if cut == 0:
            held += chunk
            return self._piece(now) if len(held) >= LONGEST_LINE else b""
        if held:
            held += chunk[:cut]
            lines = bytes(held)
        else:
            lines = chunk[:cut]
        self.held = bytearray(chunk[cut:])
        self.in_line = False
        return lines if self._bare else self._dressed(lines, now)

    def finish(self, now: float) -> bytes:
        """What was kept back, as a line of its own, at the end of the pipe."""
        held = bytes(self.held)
        self.held.clear()
        torn = self._bare and self.in_line
        self.in_line = False
        if not held:
            return b"\n" if torn else b""
        return held + b"\n" if self._bare else self._dressed(held + b"\n", now)

    def note(self, text: str, now: float) -> bytes:
        """A line of our own about the log itself."""
        if self._json is not None:
            return _json_lines(f'{{"time":"{_STAMPS.at(now).decode()}","name":"udaemon","line":', [text])
        if self._legacy:
            stamp = b"%b p [%d] " % (_SECONDS.at(now), os.getpid())
        else:
            stamp = _STAMPS.at(now) + b" " if self._stamped else b""
        return stamp + b"udaemon: " + text.encode("utf-8", "backslashreplace") + b"\n"

    def _piece(self, now: float) -> bytes:
        """A part of an overlong line. Where lines are stored as they come, this is too."""
        cut = whole_characters(self.held)
        piece = bytes(self.held[:cut])
        del self.held[:cut]
        self.in_line = True
        if self._bare:
            return piece
        if self._json is not None:
            return self._as_json(piece, now, ',"partial":true')
        return self._dressed(piece + GOES_ON + b"\n", now)

    def _as_json(self, lines: bytes, now: float, tail: str = "") -> bytes:
        time_key = f'"time":"{_STAMPS.at(now).decode()}",' if self._stamped else ""
        return _json_lines(f"{{{time_key}{self._json}", lines.decode("utf-8", "backslashreplace").split("\n"), tail)

    def _dressed(self, lines: bytes, now: float) -> bytes:
        if self._json is not None:
            return self._as_json(lines[:-1], now)
        if self._legacy:
            prefix = b"%b p [%d] %b" % (_SECONDS.at(now), self.pid, self._tag)
        else:
            prefix = _STAMPS.at(now) + b" " + self._tag if self._stamped else self._tag
        return (prefix + lines).replace(b"\n", b"\n" + prefix)[: -len(prefix)]


def _json_head(target: LogTarget) -> str:
    """What comes between the time and the text of a JSON line."""
    # A daemon's name needs no quoting: its characters are a-z, 0-9, "_" and "-".
    return f'"name":"{target.name}","instance":{target.instance},"line":'


def whole_characters(data: bytes | bytearray) -> int:
    """How much of `data` does not end within a UTF-8 character; all of it where the end is no UTF-8 at all."""
    for back in range(1, min(4, len(data)) + 1):
        byte = data[-back]
        if byte < 0x80 or byte > 0xF4:
            break
        if byte >= 0xC2:
            length = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return len(data) - back if length > back else len(data)
    return len(data)


def _json_lines(head: str, texts: list[str], tail: str = "") -> bytes:
    # Imported where a log is wanted as JSON: every other logger starts without it.
    from json.encoder import encode_basestring_ascii as quoted

    return "".join([f"{head}{quoted(text)}{tail}}}\n" for text in texts]).encode()
