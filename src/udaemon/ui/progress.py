"""Live progress of many instances on a terminal: a line each, until all have settled.

Knows nothing of where the news comes from.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import TracebackType
from typing import Self

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from udaemon.ui.escape import escape

_WAITS, _DONE, _FAILED = "…", "✔", "✘"
_STYLES = {_WAITS: "dim", _DONE: "green", _FAILED: "red"}


class Progress:
    """The lines, drawn anew with each piece of news; what does not fit the screen is left out at its end.

    Args:
        console: The terminal.
        project: Named in the headline.
        names: The instances to expect, as `name/0`.
    """

    def __init__(self, console: Console, project: str, names: Iterable[str]) -> None:
        self._project = project
        self._lines = dict.fromkeys(names, (_WAITS, "starting"))
        self._live = Live(console=console, auto_refresh=False, transient=False)

    def __enter__(self) -> Self:
        self._live.start()
        self._draw()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._live.stop()

    def settled(self, name: str, message: str, *, ok: bool) -> None:
        """An instance has come to something."""
        self._lines[name] = (_DONE if ok else _FAILED, escape(message))
        self._draw()

    def _draw(self) -> None:
        settled = sum(mark != _WAITS for mark, _ in self._lines.values())
        width = max(map(len, self._lines), default=0)
        lines = [Text(f"{self._project}: {settled} of {len(self._lines)} settled", style="bold")]
        for name, (mark, message) in self._lines.items():
            lines.append(Text.assemble((f" {mark} ", _STYLES[mark]), f"{name:<{width}}  ", (message, _STYLES[mark])))
        self._live.update(Group(*lines), refresh=True)
