"""Times in which nothing is due: due times without those of `except`, and of what lies before `from` or after `until`.

Knows no clock, process or file. Times are seconds since 1970; a span is from its begin up to its end, which is not in
it. Loads without attrs, as `calendar.py` does.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from math import inf
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from udaemon.policy.calendar import DueTimes

Span = tuple[float, float]
_LEAST = 0.001
"""Seconds: no two due times are nearer."""


def spans_of(
    excluded: Iterable[tuple[datetime, datetime]], begins: datetime | None, until: datetime | None, zone: tzinfo
) -> tuple[Span, ...]:
    """In which spans nothing is due, in their order; those that meet are one.

    Args:
        excluded: Each from a moment up to another.
        begins: Nothing is due before.
        until: Nothing is due after.
        zone: Of moments that have none.
    """

    def at(moment: datetime) -> float:
        return (moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)).timestamp()

    found = [(at(start), at(end)) for start, end in excluded]
    if begins is not None:
        found.append((-inf, at(begins)))
    if until is not None:
        found.append((at(until) + _LEAST, inf))
    joined: list[Span] = []
    for start, end in sorted(one for one in found if one[0] < one[1]):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)


def span_at(spans: Sequence[Span], wall: float) -> Span | None:
    """The span that a moment lies in, None where it lies in none."""
    place = bisect_right(spans, (wall, inf)) - 1
    return spans[place] if place >= 0 and wall < spans[place][1] else None


class Except:
    """Due times without those in some spans.

    Args:
        times: All of them.
        spans: In which spans none is due.
    """

    def __init__(self, times: DueTimes, spans: Sequence[Span]) -> None:
        self._times = times
        self._spans = spans
        self.repeats = times.repeats

    def after(self, wall: float) -> float | None:
        """The first due time after a moment that lies in no span."""
        due = self._times.after(wall)
        while due is not None and (span := span_at(self._spans, due)) is not None:
            due = None if span[1] == inf else self._times.after(span[1] - _LEAST)
        return due

    def before(self, wall: float) -> float | None:
        """The last due time up to a moment that lies in no span."""
        due = self._times.before(wall)
        while due is not None and (span := span_at(self._spans, due)) is not None:
            due = None if span[0] == -inf else self._times.before(span[0] - _LEAST)
        return due


def without(times: DueTimes, spans: Sequence[Span]) -> DueTimes:
    """Due times without those in some spans; the same where there are none."""
    return Except(times, spans) if spans else times
