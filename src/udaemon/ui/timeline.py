"""What `simulate` prints for people: the runs as a table, a bar for each part of the time, and what runs together.

Knows no manifest and no clock: values in, text out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, tzinfo
from textwrap import fill

from udaemon.policy.simulation import Herd, Simulation
from udaemon.ui.table import Cell, Column, cut, render
from udaemon.units import form

_BARS, _WIDEST, _NARROWEST = 24, 60, 10
_HERDS, _NAMED = 5, 6
_EIGHTHS = " ▏▎▍▌▋▊▉█"


def lines(
    simulation: Simulation,
    staggered: Simulation,
    span: tuple[float, float],
    zone: tzinfo,
    available: int | None,
    *,
    most: int | None = None,
    color: bool = False,
) -> Iterator[str]:
    """The whole report.

    Args:
        simulation: What would run.
        staggered: What would run if each daemon had `stagger`.
        span: Its first and last moment.
        zone: In which times are shown.
        available: Width of the terminal, None where there is none.
        most: So many runs are listed, None for all.
        color: Whether to colour.
    """
    runs = simulation.runs[:most]
    if not runs:
        yield "nothing runs by a schedule in this time\n"
        return
    when = [Cell(_moment(run.at, zone)) for run in runs]
    names = [Cell(str(run.key)) for run in runs]
    yield render([Column("AT", when), Column("NAME", names, shrinks_to=12, middle=True)], available, color=color)
    if len(simulation.runs) > len(runs):
        yield f"… and {len(simulation.runs) - len(runs):,} more: -n 0 lists all\n"
    yield "\n"
    yield from _bars(simulation, span, zone, available)
    yield "\n"
    for line in _together(simulation, staggered, zone, None if available is None else available // 2):
        yield (
            line if available is None else fill(line, available, subsequent_indent="  ", break_on_hyphens=False) + "\n"
        )


def _bars(simulation: Simulation, span: tuple[float, float], zone: tzinfo, available: int | None) -> Iterator[str]:
    start, end = span
    part = (end - start) / _BARS
    counts = Counter(min(_BARS - 1, int((run.at - start) / part)) for run in simulation.runs)
    highest = max(counts.values())
    digits = len(f"{highest:,}")
    seconds = 3 if part < 60 else 0  # characters; else the lines of a minute would all be called the same
    room = max(_NARROWEST, min(_WIDEST, (available or 80) - 17 - seconds - digits))
    for number in range(_BARS):
        count = counts[number]
        bar = _bar(count / highest * room)
        yield f"{_moment(start + number * part, zone)[: 9 + seconds]}  {count:>{digits},}  {bar}".rstrip() + "\n"


def _bar(size: float) -> str:
    """A bar of so many columns; what is there at all is seen."""
    eighths = max(1, round(size * 8)) if size else 0
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def _together(simulation: Simulation, staggered: Simulation, zone: tzinfo, longest: int | None) -> Iterator[str]:
    count = len(simulation.runs)
    at = "" if simulation.peak_at is None else f", first at {_moment(simulation.peak_at, zone)}"
    yield f"{count:,} {form(count, 'run')}; at most {simulation.peak} at once{at}\n"
    for herd in simulation.herds[:_HERDS]:
        often = "once, at" if herd.times == 1 else f"{herd.times:,} times, first at"
        yield f"{len(herd.keys)} begin together {often} {_moment(herd.first_at, zone)}: {_named(herd, longest)}\n"
    if simulation.herds:
        apart = len(staggered.herds[0].keys) if staggered.herds else 1
        begins = "none begin together" if apart == 1 else f"at most {apart} begin together"
        yield f"with stagger = true at most {staggered.peak} at once, and {begins}\n"


def _named(herd: Herd, longest: int | None) -> str:
    """The daemons of it, with how many instances of each."""
    counts = Counter(key.name for key in herd.keys)
    names = {name: name if longest is None else cut(name, longest, middle=True) for name in counts}
    told = [f"{names[name]} x{number}" if number > 1 else names[name] for name, number in counts.items()]
    return ", ".join(told[:_NAMED]) + (f" and {len(told) - _NAMED} more" if len(told) > _NAMED else "")


def _moment(at: float, zone: tzinfo) -> str:
    return datetime.fromtimestamp(at, zone).strftime("%a %H:%M:%S")
