"""Random graphs, ends and verbs: nothing starts before what it needs or twice, every stop ends, nothing waits in vain.

The fleet, its order and its queue of events are the real ones; processes are what the test says, and so is the clock.
"""

from __future__ import annotations

import operator

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from udaemon.manifest.dependencies import Condition, Dependency
from udaemon.manifest.model import Backoff, Daemon, Manifest, Restart, StartLimit, Stop
from udaemon.manifest.probes import Action, Health, Ready
from udaemon.policy import events
from udaemon.policy.effects import CancelSpawn, Effect, KillTree, Signal, SignalTree, Spawn
from udaemon.policy.events import (
    DeadlineReached,
    Event,
    Exited,
    GoodRun,
    Leaving,
    RestartAsked,
    Said,
    Spawned,
    SpawnFailed,
    StartAsked,
    StopAsked,
    Verdict,
)
from udaemon.policy.fleet import Fleet
from udaemon.policy.instance import Instance, Key, State, Wanted
from udaemon.policy.questions import Question, Teller
from udaemon.policy.reasons import Trouble
from udaemon.policy.timers import Timer
from udaemon.supervisor.event_queue import EventQueue

NAMES = ["a", "b", "c", "d", "e"]

LIFE: list[Event] = [
    events.Ready(),
    events.Ready((Question.READY, Question.HEALTH)),
    GoodRun(),
    Leaving(),
    *(Said(teller, question, ok, "why") for teller in Teller for question in Question for ok in (True, False)),
    *(Exited(code=0), Exited(code=1), Exited(signal=9)) * 3,
]
"""What a process can do. That it exits is as likely as in a life without so many questions."""


@st.composite
def fleets(draw: st.DrawFn) -> Fleet:
    """Daemons that each may need those before it."""
    made: dict[str, Daemon] = {}
    for at, name in enumerate(NAMES):
        needed = draw(st.lists(st.sampled_from(NAMES[:at]), unique=True, max_size=3)) if at else []
        needs = tuple(
            Dependency(one, draw(st.sampled_from(Condition)), draw(st.booleans()), draw(st.booleans()))
            for one in needed
        )
        command = draw(st.booleans())
        made[name] = Daemon(
            name=name,
            command=("x",) if command else None,
            factory=None if command else "m:f",
            instances=draw(st.sampled_from([1, 1, 2])),
            restart=draw(st.sampled_from(Restart)),
            backoff=Backoff(initial=1.0, max=4.0),
            start_limit=StartLimit(count=2, window=60.0),
            stop=Stop(timeout=3.0),
            depends_on=needs,
            ready=draw(st.sampled_from([Ready(), Ready(), Ready(log_line="up"), Ready(uptime=2.0), Ready(tcp=":1")])),
            health=draw(st.sampled_from([Health(), Health(log_line="well"), Health(tcp=":1", action=Action.MARK)])),
        )
    return Fleet(Manifest(file="/m/udaemon.toml", directory="/m", project="m", daemons=made))


def holds(condition: Condition, one: Instance) -> bool:
    """What the contract says of each condition, in other words than `policy/needs.py`."""
    well = one.state is State.EXITED
    lives = one.pid is not None and one.wanted is Wanted.UP and one.state in {State.STARTING, State.RUNNING}
    return {
        Condition.STARTED: well or lives,
        Condition.READY: well or (lives and one.state is State.RUNNING and one.probed.unready is None),
        Condition.COMPLETED: well,
        Condition.FIRST_RUN_OK: one.good_run,
    }[condition]


def is_hopeless(one: Instance) -> bool:
    """Whether nothing more comes of it unless the operator does something."""
    return one.at_rest or (one.held_back and one.missing is not None and one.missing.cause is not None)


class Machine(RuleBasedStateMachine):
    """What operators, processes and the clock can do to a fleet."""

    @initialize(fleet=fleets())
    def declare(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self.queue = EventQueue(fleet, self.handle, lambda: self.now)
        self.now = 1000.0
        self.pids = 100
        self.spawning: set[Key] = set()
        self.living: set[Key] = set()
        self.alone: set[Key] = set()
        self.leaving = False

    @property
    def keys(self) -> list[Key]:
        return list(self.fleet.instances)

    def group(self, name: str) -> list[Instance]:
        return [one for key, one in self.fleet.instances.items() if key.name == name]

    def handle(self, key: Key, event: Event) -> None:
        before = self.fleet.instances[key]
        effects = self.fleet.step(key, event, self.now)
        for effect in effects:
            self.perform(key, effect)
        self.queue.has_happened(before)

    def perform(self, key: Key, effect: Effect) -> None:
        match effect:
            case Spawn():
                assert key not in self.spawning | self.living, "twice"
                assert not self.leaving
                if not self.fleet.instances[key].alone:
                    for need in self.fleet.instances[key].daemon.depends_on:
                        group = self.group(need.name)
                        if need.required or not any(map(is_hopeless, group)):
                            assert all(holds(need.condition, one) for one in group), f"{key} before {need}"
                self.spawning.add(key)
            case Signal() | SignalTree() | KillTree():
                assert key in self.living
                if self.leaving and not isinstance(effect, KillTree):
                    for name in self.fleet.order.needed_by(key.name):
                        assert all(one.at_rest for one in self.group(name)), f"{key} before {name}"
            case CancelSpawn():
                assert key in self.spawning

    def happens(self, key: Key, event: Event) -> None:
        self.queue.happen(key, event)

    # The operator.

    @rule(name=st.sampled_from(NAMES), alone=st.sampled_from([False, False, True]))
    def start(self, name: str, alone: bool) -> None:
        keys = [key for key in self.keys if key.name == name]
        if not self.leaving:
            for key in keys if alone else self.fleet.order.to_start(keys):
                self.happens(key, StartAsked(alone))

    @rule(names=st.lists(st.sampled_from(NAMES), max_size=3), after_run=st.booleans())
    def restart(self, names: list[str], after_run: bool) -> None:
        if not self.leaving:
            for key in [key for key in self.keys if key.name in names]:
                self.happens(key, RestartAsked(after_run))

    @rule(names=st.lists(st.sampled_from(NAMES), max_size=3), hurry=st.sampled_from([False, False, True]))
    def stop(self, names: list[str], hurry: bool) -> None:
        self.queue.ask([key for key in self.keys if key.name in names], StopAsked(hurry=hurry))

    # The engine.

    @rule(data=st.data(), how=st.sampled_from(["yes", "yes", "yes", "no", "never"]))
    def answer(self, data: st.DataObject, how: str) -> None:
        if self.spawning:
            key = data.draw(st.sampled_from(sorted(self.spawning)))
            self.spawning.discard(key)
            self.pids += 1
            if how == "yes":
                self.living.add(key)
                self.happens(key, Spawned(self.pids))
            else:
                self.happens(key, SpawnFailed(Trouble.RESOURCE if how == "no" else Trouble.CONFIG, how))

    @rule(data=st.data(), event=st.sampled_from(LIFE))
    def lives(self, data: st.DataObject, event: Event) -> None:
        if self.living:
            key = data.draw(st.sampled_from(sorted(self.living)))
            if isinstance(event, Exited):
                self.living.discard(key)
            self.happens(key, event)

    @rule(data=st.data(), question=st.sampled_from(Question), ok=st.booleans())
    def is_asked(self, data: st.DataObject, question: Question, ok: bool) -> None:
        if self.living:
            key = data.draw(st.sampled_from(sorted(self.living)))
            pid = self.fleet.instances[key].pid
            assert pid is not None
            self.happens(key, Verdict(question, pid, ok, "why"))

    @rule(seconds=st.sampled_from([0.5, 5.0, 70.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        for key in self.fleet.due(self.now):
            self.happens(key, DeadlineReached())

    # What always holds.

    @invariant()
    def what_waits_lacks_something(self) -> None:
        for key in getattr(self, "fleet", Fleet(EMPTY)).held_back():
            instance = self.fleet.instances[key]
            assert self.fleet.order.with_needs(instance) == instance, "its message is old"
            assert instance.missing is not None, f"{key} waits for nothing"
            assert key not in self.spawning | self.living

    @invariant()
    def what_is_not_ready_yet_is_not_waited_for_without_end(self) -> None:
        for one in getattr(self, "fleet", Fleet(EMPTY)).instances.values():
            if one.state is State.STARTING and one.probed.begun:
                assert one.timers.at(Timer.READY) is not None or one.leaving, f"{one.key} may take for ever"
            if one.at_rest or one.state is State.STOPPING:
                assert one.timers.at(Timer.READY) is None
                assert one.timers.at(Timer.WATCHDOG) is None

    def teardown(self) -> None:
        """Whatever it was, everything stops, in order and in a bounded number of steps."""
        if not hasattr(self, "fleet"):
            return
        self.leaving = True
        self.queue.ask(self.keys, StopAsked())
        for _ in range(4 * len(self.keys)):
            for key in sorted(self.spawning):
                self.spawning.discard(key)
                self.happens(key, SpawnFailed(Trouble.RESOURCE, "called off"))
            for key in sorted(self.living):
                if self.fleet.instances[key].state in {State.STOPPING, State.FAILED}:
                    self.living.discard(key)
                    self.happens(key, Exited(signal=15))
        states = map(operator.attrgetter("at_rest"), self.fleet.instances.values())
        assert all(states), {str(key): one.state for key, one in self.fleet.instances.items()}
        assert not self.living | self.spawning


EMPTY = Manifest(file="/m", directory="/m", project="m")
TestOrder = Machine.TestCase
TestOrder.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
