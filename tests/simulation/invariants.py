"""What must hold after each turn of the supervisor's loop, judged by what the world knows and the supervisor says.

Decides nothing and changes nothing: it keeps accounts of its own, and calls `World.wrong`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping

from tests.simulation.accounts import Account, Accounts
from tests.simulation.declared import SHORTEST_STEP
from tests.simulation.processes import KEEPER, US, Process
from tests.simulation.rules import Rules
from tests.simulation.world import World

from udaemon.policy.effects import Effect
from udaemon.policy.ending import KILL_GRACE
from udaemon.policy.events import (
    Changed,
    Event,
    Exited,
    KickAsked,
    PauseAsked,
    Renewed,
    RestartAsked,
    ResumeAsked,
    RunDue,
    Spawned,
    SpawnFailed,
    StartAsked,
    StopAsked,
)
from udaemon.policy.fleet import Fleet, Step
from udaemon.policy.instance import Instance, Key, State, Wanted
from udaemon.policy.ledger import Entry
from udaemon.policy.timers import Timer

HELD = 5.0
"""Seconds after which a program that is not executed yet is said to be there without it."""
SLACK = 0.5
"""Seconds by which an event may be late though nobody kept the supervisor from running."""

_UP = {State.STARTING, State.RUNNING, State.STOPPING}
_BEGUN = {State.STARTING, State.WAITING}
_ENDED = {State.BACKOFF, State.EXITED, State.FAILED, State.STOPPED, State.DISABLED}
REACHABLE: dict[State, set[State]] = {
    State.DISABLED: {State.STOPPED},
    State.STOPPED: {*_BEGUN, State.DISABLED},
    State.EXITED: {*_BEGUN, State.DISABLED},
    State.FAILED: {*_BEGUN, State.DISABLED, State.STOPPED, State.STOPPING, State.BACKOFF, State.EXITED},
    State.BACKOFF: {*_BEGUN, State.STOPPED, State.DISABLED, State.FAILED},
    State.WAITING: {*_BEGUN, State.STOPPED, State.DISABLED},
    State.STARTING: {*_UP, State.WAITING, State.BACKOFF, State.EXITED, State.FAILED, State.STOPPED},
    State.RUNNING: {*_UP, State.WAITING, *_ENDED},
    State.STOPPING: {*_BEGUN, *_ENDED},
}
"""The table of states: to which each may change, as the picture in policy/step.py and docs/guide/process.md say it."""


class Invariants:
    """The book of one supervisor, and of those that go on where it died.

    Args:
        world: What there really is.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._accounts = Accounts(world)
        self.of = self._accounts.of
        self.recorded = self._accounts.recorded
        self._rules = Rules(world, self._accounts)
        self._zombies: dict[Process, tuple[float, float]] = {}
        self._since = world.now

    def watched(self, step: Step) -> Step:
        """The same step, with what it does written down."""

        def watched(before: Instance, event: Event, now: float, jitter: float) -> tuple[Instance, tuple[Effect, ...]]:
            after, effects = step(before, event, now, jitter)
            self._world.say(before.key, type(event).__name__, before.state.value, "->", after.state.value)
            self._on_step(before, event, after)
            self._rules.happened(before, event, after, effects)
            return after, effects

        return watched

    def go_by(self, fleet: Fleet) -> None:
        """These are the instances from now on."""
        self._rules.fleet = fleet
        self._world.on_kill, self._world.on_fork = self.killed, self._rules.forked

    def changed(self, key: Key, instance: Instance | None) -> None:
        """An instance is something else now."""
        account = self.of(key)
        account.instance = instance
        if account.stale and instance is not None:
            account.running = instance.pid  # it may be another one than was written down

    def supervisor_died(self, fleet: Fleet, entries: Mapping[Key, Entry], *, whole: bool) -> None:
        """Another one goes on with this ledger."""
        self._accounts.fall_back(fleet.instances, entries, whole=whole)

    def taken_over(self) -> None:
        """Another one is there: what has ended in between can be reaped from now on."""
        self._since = self._world.now

    def asked(self, instance: Instance, event: Event) -> None:
        """The operator is about to ask this."""
        account, now = self.of(instance.key), self._world.now
        spawning = instance.is_spawning
        if isinstance(event, StartAsked | RestartAsked) and (instance.unkillable or not instance.daemon.enabled):
            return
        match event:
            case StopAsked():
                pass  # those that need it are stopped before
            case StartAsked():
                account.bound = None
                if instance.at_rest or instance.state in (State.BACKOFF, State.STOPPING, State.WAITING):
                    account.by_hand = account.by_hand or not spawning
            case RestartAsked():
                account.bound = None
                account.by_hand = account.by_hand or not spawning
                _allow_kill(account, now + instance.daemon.stop.timeout)
            case PauseAsked() | ResumeAsked() | KickAsked():
                pass
            case _:
                account.unsure = True

    def killed(self, process: Process) -> None:
        """KILL is about to reach a process (I13)."""
        if not process.leader or process.key is None or not process.executed or process.said_leaving:
            return
        account = self.of(process.key)
        if account.running != process.pid:  # nobody has heard of it: it was started by one that died over it
            return
        if process.step is not None:
            account = Account(kill_from=self._step_may_be_killed(process, account), unsure=account.unsure)
        if not account.unsure and (account.kill_from is None or self._world.now < account.kill_from - 1e-6):
            self._world.wrong(f"I13: {process.key} killed, allowed from {account.kill_from}")

    def _step_may_be_killed(self, process: Process, account: Account) -> float:
        """From when on: when its own time is over, or that of a stop."""
        return min(process.executed_at + SHORTEST_STEP, account.kill_from or math.inf)

    def check(self, fleet: Fleet) -> None:
        """At the end of a turn."""
        self._check_processes()
        self._rules.check()
        living = {one.key: one.pid for one in self._world.children(US, KEEPER) if one.leader and one.alive}
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
        zombies: dict[Process, tuple[float, float]] = {}
        for one in world.children(US, KEEPER):
            if not one.alive:
                since = self._zombies.get(one, (max(one.ended_at, self._since, world.resumed_at), world.late))
                zombies[one] = since = (world.now, world.late) if world.faults.no_memory else since
                if world.now - since[0] > 1.0 + (world.late - since[1]):
                    world.wrong(f"I2: {one.pid} of {one.key} is a zombie for {world.now - since[0]:.1f} s")
        self._zombies = zombies

    def _check_instance(self, key: Key, instance: Instance, living: int | None) -> None:
        world, account = self._world, self._accounts.seen(key)
        if instance.at_rest and (instance.timers.moments or (living and not instance.unkillable)):
            world.wrong(f"{key} is {instance.state}, and {instance.timers} and pid {living} are there")
        if instance.state is State.BACKOFF and instance.deadline is None:
            world.wrong(f"{key} waits for nothing")
        if instance.deadline is not None and instance.deadline < world.now - SLACK - 60.0:
            world.wrong(f"a timer of {key} is overdue since {instance.deadline}")
        if instance.pid is not None and instance.pid != account.running:
            world.wrong(f"{key} is said to be pid {instance.pid}, and is {account.running}")
        has_steps = instance.daemon.before_start or instance.daemon.after_stop
        if instance.at_rest or instance.wanted is Wanted.UP:
            account.bound = None
        elif account.bound is not None:
            end = account.bound[0] + KILL_GRACE * 2 + HELD * 2 + SLACK + (world.late - account.bound[1]) * 2
            if has_steps:  # each has its own time
                end += 120.0
            if world.now > end:
                world.wrong(f"I12: the stop of {key} should have ended at {end:.3f}")
        # With steps one that fails decides what follows, and a run is no restart.
        if not (account.unsure or has_steps or instance.daemon.is_scheduled) and instance.restarts != account.restarts:
            world.wrong(f"I4: {key} was restarted {account.restarts} times, and says {instance.restarts}")

    def _on_step(self, before: Instance, event: Event, after: Instance) -> None:
        key, world, account = before.key, self._world, self.of(before.key)
        if after.state is not before.state and after.state not in REACHABLE[before.state]:
            world.wrong(f"{key} went from {before.state} to {after.state} by {event}")
        if isinstance(event, Spawned):
            if account.running is not None:
                world.wrong(f"I1: a second process of {key} is told")
            account.running = event.pid
            account.told += 1
            if before.step is None:
                account.restarts += not account.by_hand
                account.by_hand = False
        elif isinstance(event, Exited):
            if account.running is None and not account.unsure:
                world.wrong(f"I4: an exit of {key}, which has no process")
            elif account.running is not None:
                self._check_exit(key, account.running, event)
            account.running = None
            account.exits += 1
        elif isinstance(event, SpawnFailed) and self._refused_wrongly(before, event):
            world.wrong(f"I1: {key} was to be started beside what lives of it")
        elif isinstance(event, StopAsked):
            self._stop_begins(account, before, event)
        elif isinstance(event, RunDue) and after.state is State.STOPPING:  # overlap = "cancel"
            _allow_kill(account, world.now + after.daemon.stop.timeout)
        elif isinstance(event, Changed | Renewed):
            account.unsure = True
        elif before.pid is not None and after.pid is None:  # its program never ran
            account.running = None
            account.exits += 1
            account.by_hand = True  # the next try is the same start
        if after.pid is None and after.state is not State.STOPPING:
            account.kill_from = None

    def _stop_begins(self, account: Account, instance: Instance, event: StopAsked) -> None:
        now, timeout = self._world.now, instance.daemon.stop.timeout if event.timeout is None else event.timeout
        _allow_kill(account, now if event.hurry else now + timeout)
        due = max(now + timeout, instance.timers.at(Timer.KILL) or 0.0)
        account.bound = account.bound or (due + instance.daemon.stop.timeout, self._world.late)

    def _check_exit(self, key: Key, pid: int, event: Exited) -> None:
        """A process that is said to have ended has, and as it is said."""
        process = self._world.leaders[key, pid]
        if self._accounts.seen(key).stale:  # another one had its number before, and the ledger speaks of that
            return
        if process.ended is None:
            self._world.wrong(f"I4: {key} is said to have ended, and pid {pid} lives")
        elif (event.code, event.signal) != process.ended[:2]:
            lost = process.reaped is not None and process.reaped < self._world.deaths  # and was not written down
            if not lost or event.code is not None or event.signal is not None:
                self._world.wrong(f"I4: {key} is said to have ended as {event}, and did by {process.ended}")

    def _refused_wrongly(self, before: Instance, event: SpawnFailed) -> bool:
        """Whether only the lock kept two from running: what a dead supervisor left holds it rightly for a while."""
        known = not self.of(before.key).unsure and before.daemon.stop.kill_tree and not self._world.deaths
        return known and "another copy runs" in event.message

    def settled(self, fleet: Fleet) -> None:
        """No fault is left, and there was time: what is, is what is wanted, and no exit was lost."""
        ours = self._world.children(US, KEEPER)
        for key, instance in fleet.instances.items():
            living = {one.pid for one in ours if one.leader and one.key == key and one.alive}
            running, account = instance.pid is not None, self.of(key)
            if running != bool(living) and not instance.unkillable and not instance.is_spawning:
                self._world.wrong(f"I12: {key} is {instance.state}, and {len(living)} of it live")
            waits_for = {*instance.survivors, *instance.unkillable}
            if waits_for and not any(one.key == key for one in ours):
                self._world.wrong(f"I12: {key} is {instance.state}, and waits for {waits_for}, which are gone")
            if account.told != account.exits + running and not account.stale:
                self._world.wrong(f"I4: of {account.told} starts of {key} {account.exits} ended, runs: {running}")


def _allow_kill(account: Account, at: float) -> None:
    account.kill_from = at if account.kill_from is None else min(at, account.kill_from)
