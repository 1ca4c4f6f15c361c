"""The schedules of commands: tells when a run is due, keeps the wall clock's timer, and writes runs into the slots.

Decides nothing about a run: `policy/runs.py` does. A task has its schedule in its own process. Nothing polls: one timer
of the kernel serves all cron lines, and it also wakes us when the clock is set.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import partial
from math import inf
from random import Random

from attrs import define

from udaemon.child import planner
from udaemon.child.awaited import NEVER, Awaited
from udaemon.child.period import Periodic, Planner
from udaemon.child.planner import ByCalendar
from udaemon.child.schedule import Due
from udaemon.child.scoreboard import CURRENT, LAST_END, LAST_START, NEXT_DUE
from udaemon.child.succession import succeed
from udaemon.engines.base import Reactor
from udaemon.policy.calendar import Cron, Look, Timetable
from udaemon.policy.events import Event, RunDue, RunEnded
from udaemon.policy.exclusions import without
from udaemon.policy.fleet import Fleet
from udaemon.policy.instance import Instance, Key, State
from udaemon.policy.restart import succeeded
from udaemon.policy.runs import is_between_runs
from udaemon.policy.timetable import timetable
from udaemon.supervisor.hook_events import Run
from udaemon.supervisor.slots import Slots
from udaemon.system.timezone import zone
from udaemon.system.wall_timer import WallTimer


@define(eq=False)
class _Entry:
    """A scheduled command that is up.

    `counts` is false while its due times are not awaited: with a period there are none while a run goes on, and runs
    that are made up for come one after the other.
    """

    planner: Planner
    table: Timetable | None
    due: Due
    started: float = 0.0
    began: float | None = None
    counts: bool = True


class Schedules:
    """All commands that are executed by a schedule.

    Args:
        reactor: Where the timer is watched.
        slots: Where runs are written down.
        fleet: Has the instances.
        happen: Called with `RunDue` when a run is due.
        on_good_run: Called when a run has ended well.
        clock: Monotonic seconds.
        clocks: The wall clock and the boot clock.
    """

    def __init__(
        self,
        reactor: Reactor,
        slots: Slots,
        fleet: Fleet,
        *,
        happen: Callable[[Key, Event], None],
        on_good_run: Callable[[Key], None],
        clock: Callable[[], float] = time.monotonic,
        clocks: Callable[[], Look] = planner.clocks,
    ) -> None:
        self._reactor = reactor
        self._slots = slots
        self._fleet = fleet
        fleet.turns.run_number = slots.run_number
        self._happen = happen
        self._on_good_run = on_good_run
        self.on_missed: Callable[[Key, int], None] = lambda _key, _count: None
        self._clock = clock
        self._clocks = clocks
        self._entries: dict[Key, _Entry] = {}
        self._timer: WallTimer | None = None
        self._armed: float | None = None
        self._random = Random()  # noqa: S311 - spreads due times, keeps no secret

    @property
    def deadline(self) -> float | None:
        """Monotonic time at which `expire` wants to be called, None for never."""
        due = min((one.due.at for one in self._entries.values() if one.counts), default=inf)
        return None if due == inf else due

    def expire(self, now: float) -> None:
        """Tell what is due."""
        for key, entry in tuple(self._entries.items()):
            if entry.counts and entry.due.at <= now and self._entries.get(key) is entry:
                self._look(key, entry, now)

    def take_over(self) -> None:
        """Take note of all instances that are there, and whose life began under another supervisor."""
        for instance in tuple(self._fleet.instances.values()):
            self.follow(instance, instance)

    def follow(self, before: Instance, after: Instance) -> None:
        """Take note of what became of an instance.

        Of one whose life began under another supervisor, the slot says how far it has come.
        """
        if not (before.daemon.is_scheduled or after.daemon.is_scheduled):
            return
        key = after.key
        if not after.daemon.is_scheduled or after.at_rest or after.state is State.STOPPING:
            if key in self._entries and (before.own_pid is None or after.own_pid is None):
                self._ended(before, after)
            if after.at_rest or not after.daemon.is_scheduled:
                self._entries.pop(key, None)
            return
        now = self._clock()
        table = timetable(after.plan, after.daemon, after.index, os.environ)
        entry = self._entries.get(key)
        adopted = entry is None and before.daemon.is_scheduled and not before.at_rest
        if entry is None or entry.table != table or before.daemon.sleep != after.daemon.sleep:
            began, former = (None, None) if entry is None else (entry.began, entry.planner)
            entry = self._entries[key] = self._entered(key, after, table, now, former, adopted=adopted)
            entry.began = entry.began if adopted else began
        if after.own_pid is not None and before.own_pid is None and not after.held_up:
            self._began(key, entry, after.own_pid, now)
        self._ended(before, after)
        if is_between_runs(after) and not is_between_runs(before):
            self._run_over(entry, now)
        self._note_next(key, entry)

    def _entered(
        self,
        key: Key,
        instance: Instance,
        table: Timetable | None,
        now: float,
        former: Planner | None,
        *,
        adopted: bool,
    ) -> _Entry:
        daemon = instance.daemon
        writer = self._slots.writer(key)
        resume, current = (writer.words[NEXT_DUE], writer.words[CURRENT]) if adopted else (0.0, 0.0)
        if not adopted and former is None:
            writer.taken_over().attach(os.getpid())  # a slot without a pid says nothing, and there is a next run
        if table is not None and table.cron:
            by_calendar = ByCalendar(
                without(Cron(table.cron, zone(table.zone)), table.spans),
                table,
                wake_at=bool,  # the timer is armed for all at the end of the turn
                missed=partial(self._missed, key),
                clocks=self._clocks,
                chance=self._random.random,
            )
            due = succeed(by_calendar, former, now) if former else by_calendar.first(resume or current, now)
            return _Entry(by_calendar, table, due, began=current or None)
        if instance.daemon.after_run:
            return _Entry(Awaited(), None, NEVER, started=current, began=current or None)
        if table is not None:
            period = planner.periodic(table, daemon.min_sleep, self._random.random)
        else:
            period = Periodic(daemon.sleep, daemon.min_sleep)
        due = succeed(period, former, now) if former else period.first(resume, now)
        goes = instance.own_pid is not None
        return _Entry(period, table, due, started=current, began=current or None, counts=not goes)

    def _missed(self, key: Key, count: int) -> None:
        self._slots.writer(key).miss(count)
        self.on_missed(key, count)

    def _look(self, key: Key, entry: _Entry, now: float) -> None:
        """Tell that a run is due, where it still is by the clock as it is now."""
        entry.due = entry.planner.look(entry.due, now)
        if entry.due.at > now:
            self._note_next(key, entry)
            return
        entry.planner.began()
        entry.started = now
        entry.counts = False
        if isinstance(entry.planner, ByCalendar):
            entry.due = entry.planner.look(Due(now, now), now)
            entry.counts = entry.due.at > now
        before = self._fleet.instances[key]
        self._happen(key, RunDue())
        if self._fleet.instances[key] is before:
            self._slots.writer(key).miss(1)
            self._run_over(entry, now)
        self._note_next(key, entry)

    def _run_over(self, entry: _Entry, now: float) -> None:
        """Nothing of it goes on: what comes next is awaited. A run that was not due leaves that as it is."""
        if not entry.counts and isinstance(entry.planner, Periodic):
            entry.due = entry.planner.next(entry.due, entry.started, now, kicked=False)
        entry.counts = True

    def _began(self, key: Key, entry: _Entry, pid: int, now: float) -> None:
        entry.began = now
        writer = self._slots.writer(key)
        writer.attach(pid)
        writer.began(now)

    def _ended(self, before: Instance, after: Instance) -> None:
        entry = self._entries.get(after.key)
        there = before.own_pid is None or after.own_pid is not None
        if entry is None or there or entry.began is None or after.exit is None:
            return
        writer, began, entry.began = self._slots.writer(after.key), entry.began, None
        if succeeded(after.exit, after.daemon):
            writer.done(began, after.exit.at)
            self._on_good_run(after.key)
        else:
            writer.failed(began, after.exit.at)
        self._happen(after.key, RunEnded(writer.count, succeeded(after.exit, after.daemon)))

    def _note_next(self, key: Key, entry: _Entry) -> None:
        self._slots.writer(key).paused(0.0 if not entry.counts or entry.due.at == inf else entry.due.at, 0)

    def last_run(self, key: Key) -> Run:
        """The run that has ended last."""
        writer = self._slots.writer(key)
        return Run(writer.count, writer.words[LAST_END] - writer.words[LAST_START])

    def end_of_turn(self) -> None:
        """Have the kernel wake us when the next is due by the calendar, and when the clock is set."""
        due = [one.due.at for one in self._entries.values() if isinstance(one.planner, ByCalendar)]
        earliest = min(due, default=None)
        if earliest is None or earliest == self._armed:
            return
        if self._timer is None:
            self._timer = WallTimer()
            self._reactor.watch(self._timer.fd, self._on_timer)
        self._armed = earliest
        self._timer.arm(self._clocks().wall + (earliest - self._clock()))

    def _on_timer(self) -> None:
        """A time has come, or the clock was set: each line is looked at again."""
        assert self._timer is not None
        self._timer.clear()
        self._armed = None
        now = self._clock()
        for key, entry in tuple(self._entries.items()):
            if isinstance(entry.planner, ByCalendar) and self._entries.get(key) is entry:
                self._look(key, entry, now)
