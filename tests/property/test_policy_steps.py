"""Any life with blocking steps, against a world with at most one process: order, never two, and always an end."""

from attrs import evolve
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from udaemon.manifest.model import Backoff, Daemon, Restart, StartLimit, Stop
from udaemon.manifest.steps import StepCommand
from udaemon.policy import ledger
from udaemon.policy.effects import CancelSpawn, Effect, KillTree, Publish, Signal, SignalTree, Spawn, StopCommand
from udaemon.policy.events import (
    Changed,
    DeadlineReached,
    Event,
    Executed,
    Exited,
    KickAsked,
    Ready,
    RestartAsked,
    RunDue,
    Spawned,
    SpawnFailed,
    StartAsked,
    StopAhead,
    StopAsked,
    StopCommandFailed,
    TreeGone,
)
from udaemon.policy.instance import State, Wanted
from udaemon.policy.instance import declared as declared_instance
from udaemon.policy.plan import NO_PLAN
from udaemon.policy.reasons import Trouble
from udaemon.policy.step import step
from udaemon.policy.stepping import is_cleaning_up
from udaemon.policy.steps import declared

BEFORE = tuple(StepCommand((f"before-{number}",), 5.0) for number in range(2))
AFTER = tuple(StepCommand((f"after-{number}",), 5.0) for number in range(2))
daemons = st.builds(
    Daemon,
    name=st.just("any"),
    command=st.just(("own",)),
    cron=st.sampled_from([None, None, "@daily"]),
    restart=st.sampled_from(Restart),
    before_start=st.sampled_from([(), BEFORE[:1], BEFORE]),
    after_stop=st.sampled_from([(), AFTER[:1], AFTER]),
    backoff=st.builds(Backoff, initial=st.sampled_from([0.0, 1.0]), max=st.just(4.0)),
    start_limit=st.builds(StartLimit, count=st.integers(1, 3), window=st.just(20.0), then=st.none() | st.just(30.0)),
    stop=st.builds(Stop, timeout=st.sampled_from([0.0, 3.0]), command=st.none() | st.just(("ask",))),
)
codes = st.sampled_from([0, 0, 0, 1])
left_behind = st.sampled_from([(), (), (901,)])
troubles = st.builds(SpawnFailed, st.sampled_from(Trouble), st.just("no"))


class Machine(RuleBasedStateMachine):
    """What exists is kept here: a start under way, a process and what it is, what that left behind."""

    @initialize(daemon=daemons)
    def declare(self, daemon: Daemon) -> None:
        self.instance = declared_instance(daemon, 0)
        self.now = 1000.0
        self.spawning: str | None = None
        self.process: str | None = None
        self.survivors: tuple[int, ...] = ()
        self.done: list[str] = []
        self.hurried = False
        self.births = 0

    def tell(self, event: Event) -> None:
        self.instance, effects = step(self.instance, event, self.now, 0.0)
        for effect in effects:
            self.perform(effect)

    def perform(self, effect: Effect) -> None:
        match effect:
            case Spawn():
                assert (self.spawning, self.process, self.survivors) == (None, None, ())
                (self.spawning,) = declared(self.instance).command or ()
                self.check_order(self.spawning)
            case Signal() | StopCommand():
                assert self.process == "own"
            case SignalTree():
                assert self.process is not None or self.survivors
            case KillTree():
                assert self.process is not None or self.survivors
            case CancelSpawn():
                assert self.spawning is not None
            case Publish(_, message):
                assert message

    def check_order(self, what: str) -> None:
        """Steps before come in order, each after a good one; the process after all of them."""
        before = [one.command[0] for one in self.instance.daemon.before_start]
        if what == "own":
            assert self.done[len(self.done) - len(before) :] == before
        elif what.startswith("before") and what != "before-0":
            assert self.done[-1] == f"before-{int(what[-1]) - 1}"
        elif what == "after-0":
            self.hurried = False
        elif what == "after-1":
            assert self.instance.daemon.after_stop == AFTER
            assert not self.hurried

    # The operator.

    @rule(event=st.sampled_from([StartAsked(), RestartAsked(), StopAhead(), KickAsked(), RunDue()]))
    def asks(self, event: Event) -> None:
        self.tell(event)

    @rule(hurry=st.booleans(), timeout=st.sampled_from([None, 1.0]))
    def stops(self, hurry: bool, timeout: float | None) -> None:
        self.hurried = self.hurried or (hurry and is_cleaning_up(self.instance))
        self.tell(StopAsked(hurry=hurry, timeout=timeout))

    @rule(daemon=daemons)
    def is_declared_otherwise(self, daemon: Daemon) -> None:
        if self.instance.step is None and self.instance.at_rest:
            self.tell(Changed(daemon, NO_PLAN))
        else:
            self.tell(Changed(evolve(self.instance.daemon, umask=0o077), NO_PLAN))

    # The engine.

    @precondition(lambda self: self.spawning is not None)
    @rule(held_up=st.sampled_from([None, None, "exec has not returned"]))
    def born(self, held_up: str | None) -> None:
        self.births += 1
        self.spawning, self.process = None, self.spawning
        self.tell(Spawned(self.births, held_up))
        if held_up is not None and self.process is not None:
            self.tell(Executed())

    @precondition(lambda self: self.spawning is not None)
    @rule(event=troubles)
    def refused(self, event: SpawnFailed) -> None:
        what, self.spawning = self.spawning, None
        self.done.append(f"{what} refused")
        self.tell(event)

    @precondition(lambda self: self.process is not None)
    @rule(code=codes, left=left_behind)
    def ends(self, code: int, left: tuple[int, ...]) -> None:
        what, self.process, self.survivors = self.process, None, left
        self.done.append(what if code == 0 and what is not None else f"{what} failed")
        self.tell(Exited(code=code, survivors=left))

    @precondition(lambda self: self.survivors)
    @rule()
    def tree_goes(self) -> None:
        self.survivors = ()
        self.tell(TreeGone())

    @rule()
    def late(self) -> None:
        for event in (Ready(), StopCommandFailed("failed: exit code 1")):
            self.tell(event)
        if self.process is None:
            assert step(self.instance, Exited(code=0), self.now, 0.0) == (self.instance, ())
        if not self.survivors:
            assert step(self.instance, TreeGone(), self.now, 0.0) == (self.instance, ())
        if self.spawning is None:
            assert step(self.instance, Spawned(999), self.now, 0.0) == (self.instance, ())

    @rule(seconds=st.floats(0, 10))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        if self.instance.deadline is not None and self.instance.deadline <= self.now:
            self.tell(DeadlineReached())

    @rule()
    def another_supervisor_goes_on(self) -> None:
        """The ledger has all that there is (faults.md F1)."""
        read = ledger.read(ledger.head("now") + ledger.line(self.instance, 1.0)).entries[self.instance.key]
        assert ledger.restored(read, self.instance.daemon, 0, self.instance.plan) == self.instance

    # What always holds.

    @invariant()
    def it_knows_what_exists(self) -> None:
        assert (self.instance.pid is not None) == (self.process is not None)
        assert self.instance.survivors == self.survivors
        assert (self.instance.own_pid is not None) == (self.process == "own")

    @invariant()
    def whatever_goes_on_has_an_end(self) -> None:
        state, deadline = self.instance.state, self.instance.deadline
        if state is State.BACKOFF or (self.process is not None and self.process != "own"):
            assert deadline is not None or state is State.FAILED
        if state in (State.STARTING, State.STOPPING):
            assert self.spawning is not None or self.process == "own" or deadline is not None

    @invariant()
    def nothing_is_alive_at_rest(self) -> None:
        if self.instance.at_rest and not self.instance.unkillable:
            assert (self.spawning, self.process, self.survivors) == (None, None, ())
            assert self.instance.step is None

    def teardown(self) -> None:
        """Once faults end, what is becomes what is wanted (I12)."""
        if not hasattr(self, "instance"):
            return
        for _ in range(60):
            if self.spawning is not None:
                self.born(None)
            elif self.survivors:
                self.tree_goes()
            elif self.process is not None and (self.process != "own" or self.instance.state is not State.RUNNING):
                self.ends(0, ())
            elif self.instance.deadline is not None and self.instance.state is not State.RUNNING:
                self.now = max(self.now, self.instance.deadline)
                self.tell(DeadlineReached())
        settled = self.instance.at_rest or self.instance.state in (State.RUNNING, State.WAITING)
        assert settled, self.instance
        assert self.instance.wanted is Wanted.UP or self.instance.at_rest or self.process == "own"


TestSteps = Machine.TestCase
TestSteps.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)
