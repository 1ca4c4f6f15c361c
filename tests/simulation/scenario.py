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
        steps: Daemons with steps before their start and after their end.
        locks: Daemons with locks, and room for so many starts at a time.
        needs: Daemons that need others.
        runs: Commands that run by a period or after each other's runs, which are paused and kicked.
    """

    kept: bool = False
    steps: bool = False
    locks: bool = False
    needs: bool = False
    runs: bool = False


PLAIN = Scenario()
"""Nothing of it: daemons that need nothing and die with their supervisor."""


def scenario_of(seed: int) -> Scenario:
    """That of a seed."""
    chance = random.Random(f"{seed} scenario")
    kept, steps, locks, needs = (chance.random() < 0.5 for _ in range(4))
    return Scenario(kept=kept, steps=steps, locks=locks, needs=needs, runs=chance.random() < 0.3)
