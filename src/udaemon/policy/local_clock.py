"""At which moments the clock of a time zone has a reading, around the changes of daylight saving as well.

Knows no schedule: readings that are wanted come in their order from a function. The rule is that of Debian's cron(8):
what names its time of day is at the end of a gap that has its reading, and at the first of two moments that have it;
what follows the clock is at each moment at which the clock has the reading, and at no other.

Loads without attrs, as `calendar.py` does. Moments are seconds since 1970, readings are naive.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, tzinfo

Readings = Callable[[datetime], Iterator[datetime]]
"""The readings that are wanted, after one of them, in their order and on whole seconds."""

_DAY = 86400.0
_GIVE_UP = 50
"""Years without a reading that the clock has: there is none."""


def next_named(readings: Readings, zone: tzinfo, wall: float) -> float | None:
    """The first moment after another at which something is due that names its time of day."""
    return next((at for each in readings(_reading(wall, zone)) if (at := _named(each, zone)) > wall), None)


def next_shown(readings: Readings, zone: tzinfo, wall: float) -> float | None:
    """The first moment after another at which the clock has one of the readings.

    As long as the clock is not set, the next reading is as far away as it seems. It cannot be set so far that more than
    the two days before a reading and the one after a moment have to be looked at.
    """
    offset = _offset(wall, zone)
    last_year = _reading(wall, zone).year + _GIVE_UP
    while True:
        here = datetime.fromtimestamp(wall + offset, UTC).replace(tzinfo=None)
        reading = next(readings(here), None)
        if reading is None or reading.year > last_year:
            return None
        at = reading.replace(tzinfo=UTC).timestamp() - offset
        horizon = min(at, wall + _DAY)
        after = _offset(horizon, zone)
        if after != offset:
            wall, offset = _change(wall, horizon, zone) - 1.0, after
        elif horizon == at:
            return at
        else:
            wall = max(horizon, at - 2 * _DAY)
            offset = _offset(wall, zone)


def _named(reading: datetime, zone: tzinfo) -> float:
    """By the offset of before a change, and by that of after it: in a gap the former is later (PEP 495)."""
    former, latter = (reading.replace(tzinfo=zone, fold=fold).timestamp() for fold in (0, 1))
    return _change(latter, former, zone) if former > latter else former


def _change(low: float, high: float, zone: tzinfo) -> float:
    """The first whole second with the offset that holds at `high`, where another one holds at `low`."""
    first, last, after = int(low), int(high), _offset(high, zone)
    while last - first > 1:
        middle = (first + last) // 2
        first, last = (first, middle) if _offset(middle, zone) == after else (middle, last)
    return float(last)


def _reading(wall: float, zone: tzinfo) -> datetime:
    return datetime.fromtimestamp(wall, zone).replace(tzinfo=None, fold=0)


def _offset(wall: float, zone: tzinfo) -> float:
    """Seconds by which the clock is ahead of UTC."""
    offset = datetime.fromtimestamp(wall, zone).utcoffset()
    return 0.0 if offset is None else offset.total_seconds()
