"""How lines of logs look on a terminal or in a pipe: who wrote it, a bar, what it says.

Knows no file and no daemon beyond its name.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from udaemon.logs.entries import Entry
from udaemon.logs.tail import LogSource
from udaemon.ui.escape import shown_line
from udaemon.ui.table import cut, name_width

_COLORS = (36, 33, 32, 35, 34, 96, 93, 92, 95, 94)
"""Cyan, yellow, green, magenta, blue, then their bright ones: easily told apart on dark and on light."""


class LogLines:
    """Makes lines to show; each instance keeps its colour.

    Args:
        sources: The logs there will be lines of: the widest name of an instance sets the bar.
        color: Whether to colour the names, and to let the daemons' own colours through.
        raw: Pass on the daemon's bytes as they are; else what could move a cursor or hide text is shown as an escape.
        timestamps: Show when each line was captured.
        available: Width of the terminal, None where there is none: then no name is shortened.
    """

    def __init__(
        self,
        sources: Iterable[LogSource],
        *,
        color: bool,
        raw: bool = False,
        timestamps: bool = False,
        available: int | None = None,
    ) -> None:
        labels = [f"{source.name}/{index}" for source in sources for index in range(source.instances)]
        widest = max(map(len, labels), default=0)
        self._width = widest if available is None else min(widest, name_width(available))
        self._color = color
        self._raw = raw
        self._timestamps = timestamps
        self._numbers = {label: number for number, label in enumerate(labels)}
        self._prefixes: dict[tuple[str, int | None], bytes] = {}

    def shown(self, lines: Sequence[tuple[LogSource, Entry]]) -> bytes:
        """The bytes to write for these lines."""
        return b"".join([self._line(source, entry) for source, entry in lines])

    def _line(self, source: LogSource, entry: Entry) -> bytes:
        instance = entry.instance if source.instances > 1 else 0
        prefix = self._prefixes.get((source.name, instance))
        if prefix is None:
            prefix = self._prefixes[source.name, instance] = self._prefix(source.name, instance)
        stamp = entry.stamp + b" " if self._timestamps and entry.stamp else b""
        text = entry.text
        if not self._raw:
            text = shown_line(text.decode("utf-8", "backslashreplace"), colors=self._color).encode()
        return b"%b%b%b\n" % (prefix, stamp, text)

    def _prefix(self, name: str, instance: int | None) -> bytes:
        label = name if instance is None else f"{name}/{instance}"
        text = f"{cut(label, self._width, middle=True):<{self._width}} | "
        if self._color:
            number = self._numbers.get(label, self._numbers.get(f"{name}/0", 0))
            text = f"\033[{_COLORS[number % len(_COLORS)]}m{text}\033[0m"
        return text.encode()
