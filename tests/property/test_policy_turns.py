"""Random daemons with locks and room to start: none is had twice, nobody overtakes or waits in vain, nobody is lost.

The fleet, its turns and its queue of events are the real ones; processes are what the test says, and so is the clock.
"""

from __future__ import annotations

from attrs import evolve
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from udaemon.manifest.dependencies import Dependency
from udaemon.manifest.model import Backoff, Daemon, Manifest, Restart, StartLimit, Stop
from udaemon.manifest.schedule import Overlap
from udaemon.policy import ledger
from udaemon.policy.effects import Allow, Effect, Spawn
from udaemon.policy.events import (
    Changed,
    DeadlineReached,
    Event,
    Exited,
    KickAsked,
    NeedsChanged,
    Ready,
    RestartAsked,
    RunAsked,
    RunDue,
    Spawned,
    SpawnFailed,
    StartAsked,
    StopAsked,
)
from udaemon.policy.fleet import Fleet
from udaemon.policy.instance import Instance, Key, State, Wanted
from udaemon.policy.plan import NO_PLAN
from udaemon.policy.reasons import Trouble
from udaemon.supervisor.event_queue import EventQueue

NAMES = ["a", "b", "c", "d", "e"]
LOCKS = st.lists(st.sampled_from(["db", "mail", "disk"]), unique=True, max_size=3).map(tuple)


@st.composite
def manifests(draw: st.DrawFn) -> Manifest:
    made: dict[str, Daemon] = {}
    for at, name in enumerate(NAMES):
        kind = draw(st.sampled_from(["command", "scheduled", "task"]))
        locks = draw(LOCKS)
        needed = draw(st.lists(st.sampled_from(NAMES[:at]), unique=True, max_size=1)) if at and not locks else []
        made[name] = Daemon(
            name=name,
            command=None if kind == "task" else ("x",),
            task="m:f" if kind == "task" else None,
            cron="@daily" if kind == "scheduled" else None,
            instances=draw(st.sampled_from([1, 1, 2])),
            restart=draw(st.sampled_from(Restart)),
            overlap=draw(st.sampled_from([Overlap.SKIP, Overlap.QUEUE])),
            backoff=Backoff(initial=draw(st.sampled_from([0.0, 1.0])), max=4.0),
            start_limit=StartLimit(count=3, window=60.0),
            stop=Stop(timeout=3.0),
            lock=locks,
            depends_on=tuple(Dependency(one) for one in needed),
        )
    most = draw(st.sampled_from([None, 1, 2]))
    return Manifest(file="/m/u.toml", directory="/m", project="m", daemons=made, max_starting=most)


class Machine(RuleBasedStateMachine):
    """What operators, processes, schedules and the clock can do to a fleet."""

    @initialize(manifest=manifests())
    def declare(self, manifest: Manifest) -> None:
        self.manifest = manifest
        self.take_over(Fleet(manifest))
        self.now = 1000.0
        self.pids = 100
        self.spawning: set[Key] = set()
        self.running: dict[Key, int] = {}

    def take_over(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self.queue = EventQueue(fleet, self.handle, lambda: self.now)

    def handle(self, key: Key, event: Event) -> None:
        before = self.fleet.instances[key]
        effects = self.fleet.step(key, event, self.now)
        for effect in effects:
            self.perform(before, effect)
        self.queue.has_happened(before)

    def perform(self, before: Instance, effect: Effect) -> None:
        key = before.key
        if isinstance(effect, Spawn | Allow):
            locks = self.fleet.instances[key].holds
            for other in self.fleet.instances.values():
                if other.daemon.task and other.own_pid is None:
                    continue  # it waits for its start, and wants its locks for a run
                if other.place and other.place < (before.place or self.fleet.turns.last + 1):
                    assert set(locks).isdisjoint(other.daemon.lock), f"{key} overtakes {other.key}"
        if isinstance(effect, Spawn):
            assert key not in self.spawning
            self.spawning.add(key)
        elif isinstance(effect, Allow):
            self.running[key] = effect.run

    def one(self, data: st.DataObject, *states: State, pid: bool = True) -> Instance | None:
        found = [one for one in self.fleet.instances.values() if one.state in states and (one.pid is not None) == pid]
        return data.draw(st.sampled_from(found)) if found else None

    # The operator and the schedule.

    @rule(name=st.sampled_from(NAMES), event=st.sampled_from([StartAsked(), StopAsked(), RestartAsked(), KickAsked()]))
    def ask(self, name: str, event: Event) -> None:
        self.queue.ask([key for key in self.fleet.instances if key.name == name], event)

    @rule()
    def ask_all(self) -> None:
        self.queue.ask(tuple(self.fleet.instances), StartAsked())

    @rule(data=st.data())
    def due(self, data: st.DataObject) -> None:
        self.queue.happen(data.draw(st.sampled_from(list(self.fleet.instances))), RunDue())

    @rule(data=st.data(), locks=LOCKS)
    def declared_otherwise(self, data: st.DataObject, locks: tuple[str, ...]) -> None:
        name = data.draw(st.sampled_from(NAMES))
        if self.manifest.daemons[name].depends_on:
            return
        daemon = evolve(self.manifest.daemons[name], lock=locks)
        self.manifest = evolve(self.manifest, daemons={**self.manifest.daemons, name: daemon})
        for key in [key for key in self.fleet.instances if key.name == name]:
            self.queue.happen(key, Changed(daemon, NO_PLAN))
        self.queue.needs_changed()

    @rule(most=st.sampled_from([None, 1, 3]))
    def room(self, most: int | None) -> None:
        self.fleet.turns.allow(most)
        self.queue.needs_changed()

    # The engine and the tasks.

    @rule(data=st.data(), well=st.booleans())
    def answer(self, data: st.DataObject, well: bool) -> None:
        if self.spawning:
            key = data.draw(st.sampled_from(sorted(self.spawning)))
            self.spawning.discard(key)
            self.pids += 1
            failed = SpawnFailed(data.draw(st.sampled_from(Trouble)), "no")
            self.queue.happen(key, Spawned(self.pids) if well else failed)

    @rule(data=st.data())
    def built(self, data: st.DataObject) -> None:
        if one := self.one(data, State.STARTING):
            self.queue.happen(one.key, Ready())

    @rule(data=st.data(), run=st.integers(0, 3))
    def asks(self, data: st.DataObject, run: int) -> None:
        one = self.one(data, State.RUNNING)
        if one is not None and one.daemon.task:
            if run != one.run_asked:
                self.running.pop(one.key, None)
            self.queue.happen(one.key, RunAsked(run))

    @rule(data=st.data(), code=st.sampled_from([0, 1]))
    def ends(self, data: st.DataObject, code: int) -> None:
        if one := self.one(data, State.STARTING, State.RUNNING, State.STOPPING):
            self.running.pop(one.key, None)
            self.queue.happen(one.key, Exited(code=code))

    @rule(seconds=st.sampled_from([0.5, 2.0, 5.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        for key in self.fleet.due(self.now):
            self.queue.happen(key, DeadlineReached())

    @rule()
    def supervisor_dies(self) -> None:
        """The next one knows what stands in the ledger, and asks those that wait again."""
        lines = b"".join(ledger.line(one, 1.0) for one in self.fleet.instances.values())
        found = ledger.read(ledger.head("boot") + lines).entries
        most = self.fleet.turns.most
        fleet = Fleet(self.manifest)
        fleet.turns.allow(most)
        for key, one in tuple(fleet.instances.items()):
            fleet.restore(ledger.restored(found[key], one.daemon, one.index, one.plan))
        self.take_over(fleet)
        for key in fleet.held_back():
            self.queue.happen(key, NeedsChanged())

    # What is always so.

    @invariant()
    def no_lock_is_had_twice(self) -> None:
        had = [lock for one in self.fleet.instances.values() for lock in one.holds]
        assert len(had) == len(set(had))

    @invariant()
    def who_goes_on_has_its_locks(self) -> None:
        for key, one in self.fleet.instances.items():
            if one.pid is None and key not in self.spawning and not one.survivors:
                assert not one.holds
            if key in self.running and self.running[key] == one.run_asked and not one.outdated:
                assert set(one.holds) == set(one.daemon.lock)

    @invariant()
    def nobody_waits_in_vain(self) -> None:
        """Whoever waits has somebody to wait for: one that holds, one that starts, or one that came before."""
        instances = self.fleet.instances.values()
        had = {lock for one in instances for lock in one.holds}
        most = self.fleet.turns.most
        starts = sum(one.state is State.STARTING or one.key in self.spawning for one in instances)
        full = most is not None and starts >= most
        waiting = sorted((one for one in instances if one.place), key=lambda one: one.place)
        assert len({one.place for one in waiting}) == len(waiting)
        wanted: set[str] = set()
        for one in waiting:
            locked = not had.isdisjoint(one.daemon.lock) or not wanted.isdisjoint(one.daemon.lock)
            begins_run = one.pid is not None
            assert locked or (full and not begins_run), f"{one.key} waits for nothing"
            assert one.wanted is Wanted.UP or one.pid is not None
            wanted.update(one.daemon.lock)


Machine.TestCase.settings = settings(max_examples=60, stateful_step_count=60, deadline=None)
TestTurns = Machine.TestCase
