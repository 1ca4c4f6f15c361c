"""Each number of a policy at its upper bound, through the decisions that it ends in: none raises."""

from __future__ import annotations

import math

import pytest

from udaemon.manifest.keys import keys_of
from udaemon.manifest.model import Backoff
from udaemon.manifest.values import Duration, Number
from udaemon.policy.restart import delay
from udaemon.waits import LONGEST, bounded


def highest(kind: object) -> float:
    """The largest value that a type takes."""
    if isinstance(kind, Duration):
        value = kind.parse("3650d")
        assert value is not None
        return value
    assert isinstance(kind, Number)
    return kind.parse(int(kind.high) if kind.whole else kind.high)


@pytest.mark.parametrize(
    "crashes", [1, 2, 3, 160, 10**6, 10**400], ids=["1", "2", "3", "160", "a-million", "more-than-a-float"]
)
def test_a_delay_is_finite_and_can_be_waited_for(crashes: int) -> None:
    most = {key.field: highest(key.type) for key in keys_of(Backoff)}
    for backoff in (Backoff(**most), Backoff(**{**most, "initial": 0.0}), Backoff(**{**most, "max": 0.0})):
        wait = delay(crashes, backoff, 1.0)
        assert math.isfinite(wait)
        waited = bounded(wait)
        assert waited is not None
        assert int(waited * 1000) < 2**31
        assert waited <= LONGEST
