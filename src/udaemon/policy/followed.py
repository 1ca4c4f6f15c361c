"""The run after which another daemon's run comes.

Knows no event and no state.
"""

from __future__ import annotations

from typing import NamedTuple


class Followed(NamedTuple):
    """The run that another one comes after."""

    name: str
    index: int  # type: ignore[assignment]  # hides tuple.index, which means nothing here
    run: int
    outcome: str
