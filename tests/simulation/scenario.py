"""What there is in a run, by its seed: so that a test can have an older seed as it was.

Knows nothing of chances but this one.
"""

from __future__ import annotations

import random

from attrs import frozen


@frozen(kw_only=True)
class Scenario:
    """What there is.

    Attributes:
        kept: A keeper, so that another supervisor goes on where one dies.
    """

    kept: bool = False


PLAIN = Scenario()
"""Neither: daemons that need nothing and die with their supervisor."""


def scenario_of(seed: int) -> Scenario:
    """That of a seed."""
    chance = random.Random(f"{seed} scenario")
    return Scenario(kept=chance.random() < 0.5)
