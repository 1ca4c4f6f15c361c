"""What must hold between instances: locks, room to start, steps around a start, and who needs whom.

Decides nothing and changes nothing. Who has which lock, and which step has ended how, is told by the processes of the
world; what a condition of `depends-on` means is said here once more, from what was told of each process.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product

from tests.simulation.accounts import Account, Accounts
from tests.simulation.processes import Process
from tests.simulation.world import World

from udaemon.manifest.chains import Ending
from udaemon.manifest.dependencies import Condition, Dependency
from udaemon.policy.effects import Effect, Spawn
from udaemon.policy.events import Event, Executed, Exited, Ready, RunDue, RunEnded, Spawned, StopAhead, StopAsked
from udaemon.policy.fleet import Fleet
from udaemon.policy.followed import Followed
from udaemon.policy.instance import Instance, Key, Phase, State, Wanted
from udaemon.policy.plan import has_task
from udaemon.policy.reasons import Reason

_UP = (State.STARTING, State.RUNNING)


class Rules:
    """Those between the instances of a fleet.

    Args:
        world: What there really is.
        accounts: What was told of each instance.
    """

    fleet: Fleet

    def __init__(self, world: World, accounts: Accounts) -> None:
        self._world = world
        self._accounts = accounts
        self._last: dict[Key, Process] = {}
        self._deaths = world.deaths
        self._ended_runs: set[tuple[Key, int, str]] = set()

    def forked(self, process: Process) -> None:
        """An instance gets a process, its own or one for a step."""
        key = process.key
        if key is None or (instance := self.fleet.instances.get(key)) is None:
            return
        self._check_locks(process, instance)
        before, self._last[key] = self._last.get(key), process
        account = self._accounts.seen(key)
        if account.stale:
            return
        if (why := _out_of_turn(process, before, len(instance.daemon.before_start))) is not None:
            self._world.wrong(f"steps: {key} gets {process.step or 'its own process'} {why}")
        if account.owes_tidying and (process.step is None or process.step[0] is Phase.BEFORE_START):
            self._world.wrong(f"steps: {key} is started, and its after-stop was not done")

    def happened(self, before: Instance, event: Event, after: Instance, effects: Iterable[Effect]) -> None:
        """An event has happened to an instance."""
        account = self._accounts.of(before.key)
        _note(account, before, event, after)
        if isinstance(event, RunEnded):
            self._ended_runs.add((before.key, event.run, "ok" if event.ok else "failed"))
        if Spawn() in effects and after.after is not None and after.after != before.after:
            self._check_chain(after, after.after)
        if before.paused and Spawn() in effects and isinstance(event, RunDue):
            self._world.wrong(f"runs: {before.key} begins a run, and is paused")
        begins = before.state is not State.STARTING and after.state is State.STARTING and Spawn() in effects
        if begins and not after.alone:
            for need in after.daemon.depends_on:
                self._check_need(after, need)
        if before.pid is not None and before.state in _UP and after.state is State.STOPPING and _is_in_order(event):
            for other in self._that_need(before.key):
                lives = self._accounts.seen(other.key).running is not None and not other.unkillable
                if lives and other.wanted is Wanted.DOWN:
                    self._world.wrong(f"I15: {before.key} is stopped before {other.key}, which needs it")

    def check(self) -> None:
        """At the end of a turn."""
        fleet, starting = self.fleet, 0
        for key, instance in fleet.instances.items():
            starting += instance.state is State.STARTING
            if instance.held_back and fleet.order.with_needs(instance).missing is None:
                what_for = fleet.turns.waits_for(instance)
                if what_for is None and instance.state is State.WAITING:
                    self._world.wrong(f"{key} waits for nothing: {instance.message}")
        if fleet.turns.most is not None and starting > fleet.turns.most:
            self._world.wrong(f"max-starting: {starting} are starting, {fleet.turns.most} may")

    def _check_locks(self, process: Process, instance: Instance) -> None:
        """Two commands with a lock in common never live at a time."""
        mine = set(_locks(instance))
        for other in self._world.processes.values() if mine else ():
            ours = other.leader and other.alive and not other.killed and other.born >= self._deaths
            if ours and other.key is not None and other.key != process.key:
                theirs = self.fleet.instances.get(other.key)
                if theirs is not None and mine & set(_locks(theirs)) and not self._accounts.seen(other.key).stale:
                    self._world.wrong(f"lock: {process.key} is started beside {other.key}")

    def _check_need(self, instance: Instance, need: Dependency) -> None:
        group = [one for one in self.fleet.instances.values() if one.daemon.name == need.name]
        lacking = [one for one in group if not _holds(need.condition, self._accounts.seen(one.key), one)]
        if any(self._accounts.seen(one.key).stale for one in group):
            return
        hopeless = not group or any(one.at_rest or one.held_back for one in lacking)
        if (lacking or not group) and (need.required or not hopeless):
            self._world.wrong(f"I15: {instance.key} is started without {need}")

    def _check_chain(self, instance: Instance, run: Followed) -> None:
        """What runs after a run runs after one that has ended, and as it is to have."""
        key = Key(run.name, run.index)
        if (key, run.run, run.outcome) not in self._ended_runs:
            self._world.wrong(f"chain: {instance.key} runs after {run}, which has not been")
        followed = {one.name: one.on for one in instance.daemon.after_run}
        if run.name in followed and followed[run.name] not in (Ending.ANY, run.outcome):
            self._world.wrong(f"chain: {instance.key} runs after {run}, and is to after {followed[run.name]}")

    def _that_need(self, key: Key) -> Iterator[Instance]:
        for one, need in product(self.fleet.instances.values(), (key.name,)):
            if any(dependency.name == need for dependency in one.daemon.depends_on):
                yield one


def _is_in_order(event: Event) -> bool:
    """Whether it is a stop that comes when it is its turn."""
    return isinstance(event, StopAhead) or (isinstance(event, StopAsked) and not event.hurry)


def _note(account: Account, before: Instance, event: Event, after: Instance) -> None:
    """What a process has come to, by what was told of it."""
    own = before.step is None
    match event:
        case Spawned(held_up=None) | Executed() if own and after.pid is not None:
            account.up = True
            account.ready = account.ready or not has_task(after.daemon)
            account.owes_tidying = bool(after.daemon.after_stop)
        case Ready() if own and account.up:
            account.ready = True
        case Exited() if own:
            account.up = account.ready = False
            good = event.reason in (None, Reason.STOPPED) and event.code == 0
            account.ended_well = good or event.reason is Reason.TASK_STOPPED
    if after.step is not None and after.step.phase is Phase.AFTER_STOP:
        account.owes_tidying = False


def _holds(condition: Condition, account: Account, instance: Instance) -> bool:
    if condition is Condition.FIRST_RUN_OK:
        return instance.good_run
    if instance.daemon.is_scheduled and condition is not Condition.COMPLETED:
        return instance.wanted is Wanted.UP and not instance.at_rest
    ended_well = account.running is None and account.ended_well and instance.state is State.EXITED
    if condition is Condition.COMPLETED or ended_well:
        return ended_well
    return account.up and (account.ready or condition is Condition.STARTED) and instance.wanted is Wanted.UP


def _locks(instance: Instance) -> tuple[str, ...]:
    """Those that it has as long as it has a process: a task has them for its runs."""
    return () if has_task(instance.daemon) else instance.daemon.lock


def _out_of_turn(process: Process, before: Process | None, steps: int) -> str | None:
    """Why a process may not come after the one before it; None where it may."""
    phase, index = process.step or (None, steps)
    if phase is Phase.AFTER_STOP or index == 0:
        return None
    if before is None or before.step != (Phase.BEFORE_START, index - 1):
        return f"after {'nothing' if before is None else before.step or 'its own process'}"
    if before.ended is None or before.ended.code != 0:
        return f"after a step that ended as {before.ended}"
    return None
