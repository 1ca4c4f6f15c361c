"""What became of many instances at once: a line each while they are few, beyond that a count and who failed.

Knows nothing of where the news comes from. The count moves on a terminal, where rich draws it.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from typing import IO, Any

from udaemon.units import short

FEW = 20
"""So many instances get a line each."""

Say = Callable[[str, bool], None]


class Tally:
    """Counts outcomes, as the supervisor reports them.

    Args:
        say: Writes a line, given whether it is about a failure.
        every: Every instance gets its line, however many they are.
        terminal: Where the count moves; None where nobody watches.
        began: Monotonic seconds from which on the time is taken; None for now.
    """

    def __init__(self, say: Say, *, every: bool, terminal: IO[str] | None, began: float | None = None) -> None:
        self._say = say
        self._every = every
        self._terminal = terminal
        self._began = time.monotonic() if began is None else began
        self._words: Counter[str] = Counter()
        self._failed = 0
        self._count = 0
        self._of = 0
        self._live: Any = None

    def add(self, told: dict[str, Any]) -> None:
        """Take the outcome of one instance; `of` is how many there are."""
        self._of = told["of"]
        self._count += 1
        self._failed += not told["ok"]
        if told["ok"]:
            self._words[told["message"].partition(" ")[0]] += 1
        if self._of <= FEW or self._every or not told["ok"]:
            self._say(f"{told['name']}/{told['instance']} {told['message']}", not told["ok"])
        if self._of > FEW:
            self._draw()

    def close(self) -> None:
        """Remove the count; print the sum where not every instance had its line."""
        if self._live is not None:
            self._live.stop()
            self._live = None
        if self._of > FEW:
            self._say(f"{self._summary()} in {short(time.monotonic() - self._began)}", self._failed > 0)

    def _summary(self) -> str:
        parts = [f"{count} {word}" for word, count in self._words.most_common()]
        if self._failed:
            parts.append(f"{self._failed} failed")
        if self._count < self._of:
            parts.append(f"{self._of - self._count} not yet")
        return ", ".join(parts)

    def _draw(self) -> None:
        if self._terminal is None:
            return
        from rich.console import Console
        from rich.live import Live
        from rich.text import Text

        if self._live is None:
            console = Console(file=self._terminal, force_terminal=True)
            self._live = Live(console=console, auto_refresh=False, transient=True)
            self._live.start()
        self._live.update(Text(f"{self._count} of {self._of}"), refresh=True)
