"""What `doctor` tells, a fact a line: whether it is good, what it is about, and a text that may be long.

Knows no machine.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import wrap

from udaemon.ui.escape import escape
from udaemon.ui.table import tinted

_TINT = {"good": "green", "missing": "yellow", "bad": "red"}
_NARROWEST = 20


def lines(facts: Sequence[tuple[str, str, str]], available: int | None, *, color: bool = False) -> Iterator[str]:
    """Write them; on a terminal a long text is wrapped below itself.

    Args:
        facts: Topic, state and text of each.
        available: Width of the terminal, None where there is none.
        color: Whether to colour.
    """
    states, topics = max(map(len, _TINT)), max(len(topic) for topic, _, _ in facts)
    begin = states + topics + 4
    for topic, state, text in facts:
        text = escape(text)
        parts = [text] if available is None else wrap(text, max(_NARROWEST, available - begin), break_on_hyphens=False)
        shown = tinted(state, _TINT[state]) if color else state
        below = f"\n{' ' * begin}"
        yield f"{shown}{' ' * (states - len(state))}  {topic:{topics}}  {below.join(parts)}\n"
