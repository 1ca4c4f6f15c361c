"""What must hold after each turn of the supervisor's loop, judged by what the world knows and the supervisor says.

Decides nothing and changes nothing: it keeps a book of its own, and calls `World.wrong`.
"""

from __future__ import annotations

import os
from collections import Counter

from tests.simulation.world import Process, World

from udaemon.policy.effects import Effect
from udaemon.policy.ending import KILL_GRACE
from udaemon.policy.events import Changed, Event, Exited, RestartAsked, Spawned, SpawnFailed, StartAsked, StopAsked
from udaemon.policy.fleet import Fleet, Step
from udaemon.policy.instance import Instance, Key, State, Wanted
from udaemon.policy.timers import Timer

HELD = 5.0
"""Seconds after which a program that is not executed yet is said to be there without it."""
SLACK = 0.5
"""Seconds by which an event may be late though nobody kept the supervisor from running."""

_UP = {State.STARTING, State.RUNNING, State.STOPPING}
REACHABLE: dict[State, set[State]] = {
    State.DISABLED: {State.STOPPED},
    State.STOPPED: {State.STARTING, State.DISABLED},
    State.EXITED: {State.STARTING, State.DISABLED},
    State.FAILED: {State.STARTING, State.DISABLED, State.STOPPED, State.STOPPING, State.BACKOFF, State.EXITED},
    State.BACKOFF: {State.STARTING, State.STOPPED, State.DISABLED, State.FAILED},
    State.STARTING: {*_UP, State.BACKOFF, State.EXITED, State.FAILED, State.STOPPED},
    State.RUNNING: {*_UP, State.BACKOFF, State.EXITED, State.FAILED, State.STOPPED, State.DISABLED},
    State.STOPPING: {State.STOPPED, State.DISABLED, State.STARTING, State.FAILED, State.BACKOFF, State.EXITED},
}
"""The table of states: to which each may change, as the picture in policy/step.py and docs/guide/process.md say it."""


class Invariants:
    """The book of one supervisor, from its start to its death.

    Args:
        world: What there really is.
        fleet: What the supervisor says there is.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self.forked = Counter[Key]()
        self.told = Counter[Key]()
        self.exits = Counter[Key]()
        self.restarts = Counter[Key]()
        self.unsure: set[Key] = set()
        self._by_hand: dict[Key, bool] = {}
        self._bounds: dict[Key, tuple[float, float]] = {}
        self._kill_from: dict[Key, float] = {}
        self._running: dict[Key, int] = {}
        self._zombies: dict[int, tuple[float, float]] = {}

    def watched(self, step: Step) -> Step:
        """The same step, with what it does written down."""

        def watched(before: Instance, event: Event, now: float, jitter: float) -> tuple[Instance, tuple[Effect, ...]]:
            after, effects = step(before, event, now, jitter)
            self._world.say(before.key, type(event).__name__, before.state.value, "->", after.state.value)
            self._on_step(before, event, after)
            return after, effects

        return watched

    def asked(self, instance: Instance, event: Event) -> None:
        """The operator is about to ask this."""
        key, now = instance.key, self._world.now
        spawning = instance.is_spawning
        if isinstance(event, StartAsked | RestartAsked) and (instance.unkillable or not instance.daemon.enabled):
            return
        match event:
            case StopAsked():
                timeout = instance.daemon.stop.timeout if event.timeout is None else event.timeout
                self._allow_kill(instance, now if event.hurry else now + timeout)
                due = max(now + timeout, instance.timers.at(Timer.KILL) or 0.0)
                self._bounds.setdefault(key, (due + instance.daemon.stop.timeout, self._world.late))
            case StartAsked():
                self._bounds.pop(key, None)
                if instance.at_rest or instance.state in (State.BACKOFF, State.STOPPING):
                    self._by_hand[key] = self._by_hand.get(key, False) or not spawning
            case RestartAsked():
                self._bounds.pop(key, None)
                if not spawning:
                    self._by_hand[key] = True
                self._allow_kill(instance, now + instance.daemon.stop.timeout)
            case _:
                self.unsure.add(key)

    def leader_ended(self, process: Process) -> None:
        """A daemon's own process ended."""

    def killed(self, process: Process) -> None:
        """KILL is about to reach a process (I13)."""
        if not process.leader or process.key is None or not process.executed or process.said_leaving:
            return
        allowed = self._kill_from.get(process.key)
        if process.key not in self.unsure and (allowed is None or self._world.now < allowed - 1e-6):
            self._world.wrong(f"I13: {process.key} killed, allowed from {allowed}")

    def check(self, fleet: Fleet) -> None:
        """At the end of a turn."""
        self._check_processes()
        living = {one.key: one.pid for one in self._world.children() if one.leader and one.alive}
        for key, instance in fleet.instances.items():
            self._check_instance(key, instance, living.get(key))
        if len(fleet._deadlines) > 16 + 4 * len(fleet.instances):
            self._world.wrong(f"{len(fleet._deadlines)} timers of {len(fleet.instances)} instances are kept")

    def _check_processes(self) -> None:
        world = self._world
        leaders = Counter(one.key for one in world.processes.values() if one.leader and one.alive)
        for key, number in leaders.items():
            if number > 1:
                world.wrong(f"I1: {number} copies of {key}")
        zombies: dict[int, tuple[float, float]] = {}
        for one in world.children():
            if not one.alive:
                since = self._zombies.get(one.pid, (one.ended_at, world.late))
                zombies[one.pid] = since = (world.now, world.late) if world.faults.no_memory else since
                if world.now - since[0] > 1.0 + (world.late - since[1]):
                    world.wrong(f"I2: {one.pid} of {one.key} is a zombie for {world.now - since[0]:.1f} s")
        self._zombies = zombies

    def _check_instance(self, key: Key, instance: Instance, living: int | None) -> None:
        world = self._world
        if instance.at_rest and (instance.timers.moments or (living and not instance.unkillable)):
            world.wrong(f"{key} is {instance.state}, and {instance.timers} and pid {living} are there")
        if instance.state is State.BACKOFF and instance.deadline is None:
            world.wrong(f"{key} waits for nothing")
        if instance.deadline is not None and instance.deadline < world.now - SLACK - 60.0:
            world.wrong(f"a timer of {key} is overdue since {instance.deadline}")
        if instance.pid is not None and instance.pid != self._running.get(key):
            world.wrong(f"{key} is said to be pid {instance.pid}, and is {self._running.get(key)}")
        if instance.at_rest or instance.wanted is Wanted.UP:
            self._bounds.pop(key, None)
        elif (bound := self._bounds.get(key)) is not None:
            end = bound[0] + KILL_GRACE * 2 + HELD * 2 + SLACK + (world.late - bound[1]) * 2
            if world.now > end:
                world.wrong(f"I12: the stop of {key} should have ended at {end:.3f}")
        if key not in self.unsure and instance.restarts != self.restarts[key]:
            world.wrong(f"I4: {key} was restarted {self.restarts[key]} times, and says {instance.restarts}")

    def _on_step(self, before: Instance, event: Event, after: Instance) -> None:
        key, world = before.key, self._world
        if after.state is not before.state and after.state not in REACHABLE[before.state]:
            world.wrong(f"{key} went from {before.state} to {after.state} by {event}")
        if isinstance(event, Spawned):
            if key in self._running:
                world.wrong(f"I1: a second process of {key} is told")
            self._running[key] = event.pid
            self.told[key] += 1
            self.restarts[key] += not self._by_hand.pop(key, False)
        elif isinstance(event, Exited):
            if self._running.pop(key, None) is None:
                world.wrong(f"I4: an exit of {key}, which has no process")
            self.exits[key] += 1
        elif isinstance(event, SpawnFailed) and self._refused_wrongly(before, event):
            world.wrong(f"I1: {key} was to be started beside what lives of it")
        elif isinstance(event, Changed):
            self.unsure.add(key)
        elif before.pid is not None and after.pid is None:  # its program never ran
            self._running.pop(key, None)
            self.exits[key] += 1
            self._by_hand[key] = True  # the next try is the same start
        if after.pid is None and after.state is not State.STOPPING:
            self._kill_from.pop(key, None)

    def _refused_wrongly(self, before: Instance, event: SpawnFailed) -> bool:
        """Whether only the lock kept two from running: what a dead supervisor left holds it rightly for a while."""
        known = before.key not in self.unsure and before.daemon.stop.kill_tree and not self._world.deaths
        return known and "another copy runs" in event.message

    def _allow_kill(self, instance: Instance, at: float) -> None:
        known = self._kill_from.get(instance.key)
        self._kill_from[instance.key] = at if known is None else min(at, known)

    def settled(self, fleet: Fleet) -> None:
        """No fault is left, and there was time: what is, is what is wanted, and no exit was lost."""
        for key, instance in fleet.instances.items():
            living = {one.pid for one in self._world.children() if one.leader and one.key == key and one.alive}
            running = instance.pid is not None
            if running != bool(living) and not instance.unkillable and not instance.is_spawning:
                self._world.wrong(f"I12: {key} is {instance.state}, and {len(living)} of it live")
            waits_for = {*instance.survivors, *instance.unkillable}
            if waits_for and not any(one.key == key for one in self._world.children()):
                self._world.wrong(f"I12: {key} is {instance.state}, and waits for {waits_for}, which are gone")
            if self.told[key] != self.exits[key] + running:
                self._world.wrong(f"I4: of {self.told[key]} starts of {key} {self.exits[key]} ended, runs: {running}")


def open_descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))
