"""Buckets for durations: four to each doubling from a microsecond to twelve days.

Knows nothing of where the counts are kept. A percentile read from them is off by an eighth at most.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate
from math import frexp, inf, ldexp

LOWEST = -20  # the first bucket above zero begins at 2 ** LOWEST seconds
OCTAVES = 40
BUCKETS = 4 * OCTAVES + 2  # one below and one above


def bucket(duration: float) -> int:
    """Which bucket a duration in seconds counts in."""
    mantissa, exponent = frexp(duration)
    octave = exponent - 1 - LOWEST
    if octave < 0 or duration <= 0:
        return 0
    if octave >= OCTAVES:
        return BUCKETS - 1
    return 1 + 4 * octave + int((mantissa - 0.5) * 8)


def floor_of(index: int) -> float:
    """The least duration that counts in a bucket; the next one's is its end."""
    if index <= 0:
        return 0.0
    if index >= BUCKETS:
        return inf
    octave, quarter = divmod(index - 1, 4)
    return ldexp(0.5 + quarter / 8, octave + 1 + LOWEST)


def percentile(counts: Sequence[float], share: float) -> float | None:
    """The duration that `share` (0 to 1) of the runs did not exceed: the middle of its bucket. None without runs.

    Never raises: counts that are not numbers of runs give None or some bucket's duration.
    """
    sums = list(accumulate(counts))
    total = sums[-1]
    if not 0 < total < 2**60:
        return None
    index = min(bisect_left(sums, total * share), BUCKETS - 1)
    low, high = floor_of(index), floor_of(index + 1)
    return low if high == inf else (low + high) / 2
