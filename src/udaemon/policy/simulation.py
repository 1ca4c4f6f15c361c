"""What would run when: the runs of a manifest in a span of time, how many go on at once, and which begin together.

Knows no clock and no process. Runs are taken to last as long as is said of them; what nothing is known of is taken for
a second, so that runs which begin together count as together. Jitter is left out: it is different each time.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from types import MappingProxyType
from typing import NamedTuple

from attrs import evolve

from udaemon.frozen import frozen
from udaemon.manifest.model import TASKS, Daemon
from udaemon.policy.calendar import STAGGER, Cron, DueTimes, Timetable, following, offset
from udaemon.policy.exclusions import span_at, without
from udaemon.policy.instance import Key
from udaemon.policy.plan import Place
from udaemon.policy.timetable import runs_on_start, timetable

SHORTEST = 1.0
"""Seconds."""

Times = Callable[[Timetable], DueTimes]
"""Makes the due times of a cron line: a time zone has to be looked up for them."""


class PlannedRun(NamedTuple):
    """A run at a wall time."""

    at: float
    key: Key


class Herd(NamedTuple):
    """Runs of these that begin within one second, and how often and when for the first time they do."""

    keys: tuple[Key, ...]
    times: int
    first_at: float


@frozen
class Simulation:
    """All runs of a span in their order; `peak` is the most that go on at once, first at `peak_at`."""

    runs: Sequence[PlannedRun]
    peak: int
    peak_at: float | None
    herds: Sequence[Herd]


@frozen
class Setting:
    """What runs are planned by beside the daemons: the place, the environment, due times, and how long runs take."""

    place: Place
    environ: Mapping[str, str]
    times: Times
    takes: Mapping[Key, float] = MappingProxyType({})


def planned(setting: Setting, daemons: Iterable[Daemon], start: float, end: float) -> Iterator[PlannedRun]:
    """The runs from a start of everything to an end, in their order."""
    those = tuple(daemons)
    by_schedule = heapq.merge(
        *(
            _of_instance(setting, daemon, index, (start, end))
            for daemon in those
            if has_schedule(daemon)
            for index in range(daemon.instances)
        )
    )
    yield from _with_followers(by_schedule, those, setting.takes, end)


def _with_followers(
    runs: Iterable[PlannedRun], daemons: Iterable[Daemon], takes: Mapping[Key, float], end: float
) -> Iterator[PlannedRun]:
    """These runs, and those that come after them, as each of them ends; all are taken to end well."""
    followers: dict[str, list[Key]] = {}
    for daemon in daemons:
        for one in daemon.after_run if daemon.enabled else ():
            if one.counts(ok=True):
                followers.setdefault(one.name, []).extend(Key(daemon.name, at) for at in range(daemon.instances))
    to_come: list[PlannedRun] = []
    for run in runs:
        while to_come and to_come[0] < run:
            yield from _ended(heapq.heappop(to_come), followers, takes, end, to_come)
        yield from _ended(run, followers, takes, end, to_come)
    while to_come:
        yield from _ended(heapq.heappop(to_come), followers, takes, end, to_come)


def _ended(
    run: PlannedRun,
    followers: Mapping[str, Sequence[Key]],
    takes: Mapping[Key, float],
    end: float,
    to_come: list[PlannedRun],
) -> Iterator[PlannedRun]:
    yield run
    at = run.at + max(SHORTEST, takes.get(run.key, 0.0))
    for key in followers.get(run.key.name, ()) if at < end else ():
        heapq.heappush(to_come, PlannedRun(at, key))


def has_schedule(daemon: Daemon) -> bool:
    """Whether it can be said when it runs: what never pauses always does."""
    if daemon.after_run:
        return False
    scheduled = daemon.is_scheduled or (daemon.kind in TASKS and (daemon.cron is not None or daemon.sleep > 0))
    return daemon.enabled and scheduled


def expected(daemons: Iterable[Daemon], seconds: float) -> float:
    """About how many runs there are in a span, before they are counted."""
    return sum(
        daemon.instances * seconds / (60.0 if daemon.cron is not None else daemon.sleep)
        for daemon in daemons
        if has_schedule(daemon)
    )


def simulated(runs: Iterable[PlannedRun], takes: Mapping[Key, float]) -> Simulation:
    """Count what goes on at once, and find what begins together."""
    found = tuple(runs)
    ends: list[float] = []
    peak, peak_at = 0, None
    for run in found:
        while ends and ends[0] <= run.at:
            heapq.heappop(ends)
        heapq.heappush(ends, run.at + max(SHORTEST, takes.get(run.key, 0.0)))
        if len(ends) > peak:
            peak, peak_at = len(ends), run.at
    return Simulation(found, peak, peak_at, _herds(found))


def staggered(daemons: Iterable[Daemon]) -> list[Daemon]:
    """The same daemons, each with `stagger`."""
    return [evolve(daemon, stagger=True) for daemon in daemons]


def _herds(runs: Sequence[PlannedRun]) -> tuple[Herd, ...]:
    seen: Counter[tuple[Key, ...]] = Counter()
    first: dict[tuple[Key, ...], float] = {}
    for second, together in groupby(runs, key=lambda run: int(run.at)):
        keys = tuple(sorted({run.key for run in together}))
        if len(keys) > 1:
            seen[keys] += 1
            first.setdefault(keys, float(second))
    herds = [Herd(keys, times, first[keys]) for keys, times in seen.items()]
    return tuple(sorted(herds, key=lambda herd: (-len(herd.keys), herd.first_at)))


def _of_instance(setting: Setting, daemon: Daemon, index: int, span: tuple[float, float]) -> Iterator[PlannedRun]:
    start, end = span
    key = Key(daemon.name, index)
    table = timetable(setting.place, daemon, index, setting.environ)
    if table is None or not table.cron:
        shift = 0.0 if table is None else table.rule.shift * min(daemon.sleep, STAGGER)
        at = start + shift + (0.0 if runs_on_start(daemon) else daemon.sleep)
        while at < end:
            excluded = None if table is None else span_at(table.spans, at)
            if excluded is not None:
                at = excluded[1]
                continue
            yield PlannedRun(at, key)
            at += daemon.sleep
        return
    due_times = setting.times(table)
    if table.run_on_start and span_at(table.spans, start) is None:
        yield PlannedRun(start, key)
    for due in following(due_times, start - STAGGER):
        at = due + offset(due_times, table.rule, due, 0.0)
        if due >= end:
            return
        if start <= at < end:
            yield PlannedRun(at, key)


def cron_times(zone: Callable[[str], object]) -> Times:
    """Makes due times by a function that looks up time zones."""
    return lambda table: without(Cron(table.cron, zone(table.zone)), table.spans)  # type: ignore[arg-type]
