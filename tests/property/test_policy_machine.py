"""Any life an instance can have, against a world with at most one process and a clock that only it moves.

The world knows nothing of states: it keeps what really exists (a start under way, a process, survivors) and what the
operator asked, and holds every effect against that.
"""

from attrs import evolve
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from udaemon.manifest.model import Backoff, Daemon, Restart, StartLimit, Stop
from udaemon.policy.effects import Effect, KillTree, Publish, Reconfigure, Signal, SignalTree, Spawn
from udaemon.policy.events import (
    Changed,
    DeadlineReached,
    Event,
    Exited,
    Ready,
    RestartAsked,
    Spawned,
    SpawnFailed,
    StartAsked,
    StopAsked,
    TreeGone,
)
from udaemon.policy.instance import State, Wanted, declared
from udaemon.policy.plan import NO_PLAN
from udaemon.policy.reasons import Reason, Trouble
from udaemon.policy.step import step

daemons = st.builds(
    Daemon,
    name=st.just("any"),
    command=st.sampled_from([("run",), None]),
    enabled=st.sampled_from([True, True, True, False]),
    restart=st.sampled_from(Restart),
    backoff=st.builds(Backoff, initial=st.sampled_from([0.0, 1.0]), max=st.sampled_from([0.0, 4.0])),
    start_limit=st.builds(StartLimit, count=st.integers(1, 3), window=st.just(20.0), then=st.none() | st.just(30.0)),
    stop=st.builds(Stop, timeout=st.sampled_from([0.0, 3.0]), kill_tree=st.booleans()),
)
endings = st.one_of(
    st.builds(
        Exited, code=st.sampled_from([0, 1, 78]), reason=st.sampled_from([None, Reason.EXCEPTION, Reason.CONFIG])
    ),
    st.builds(Exited, signal=st.sampled_from([9, 11, 15])),
    st.just(Exited(code=0, reason=Reason.MEMORY)),
)
stops = st.builds(StopAsked, hurry=st.booleans(), timeout=st.sampled_from([None, 0.0, 1.0, 60.0]))
troubles = st.builds(SpawnFailed, st.sampled_from(Trouble), st.just("no"))
moments = st.floats(0, 40)
jitters = st.floats(-1, 1)


class Machine(RuleBasedStateMachine):
    """Rules are what the operator, the engine and the clock can do; each is told to the instance by `tell`."""

    @initialize(daemon=daemons)
    def declare(self, daemon: Daemon) -> None:
        self.instance = declared(daemon, 0)
        self.now = 1000.0
        self.jitter = 0.0
        # What exists.
        self.spawning = False
        self.process: int | None = None
        self.survivors: tuple[int, ...] = ()
        # What the operator asked, and what is counted apart from the instance.
        self.wanted = Wanted.DOWN
        self.comes_back = False
        self.kill_allowed_at: float | None = None
        self.killed = False
        self.by_hand = False
        self.outdated = False
        self.retries = False
        self.births = self.deaths = self.restarts = 0

    def tell(self, event: Event) -> None:
        before = self.instance
        self.instance, effects = step(before, event, self.now, self.jitter)
        for effect in effects:
            self.perform(event, effect)
        assert effects.count(KillTree()) <= 1
        if isinstance(event, Exited | TreeGone) and self.comes_back and not self.survivors:
            raise AssertionError("a start that was asked for is lost")
        if isinstance(event, StartAsked | RestartAsked) and not self.instance.unkillable:
            assert (self.instance.crashes, self.instance.refusals, self.instance.attempts) == (0, 0, ())
        if self.instance.at_rest and before.state is not self.instance.state:
            assert any(isinstance(effect, Publish) for effect in effects), "came to rest without a word"

    def perform(self, event: Event, effect: Effect) -> None:
        match effect:
            case Spawn():
                assert not self.spawning
                assert self.process is None
                assert not self.survivors
                assert self.wanted is Wanted.UP
                if isinstance(event, StartAsked | RestartAsked):
                    self.by_hand = True
                elif isinstance(event, Exited | TreeGone):
                    self.by_hand = self.comes_back
                elif not self.retries:
                    self.by_hand = False
                self.spawning, self.comes_back, self.retries = True, False, False
            case Signal():
                assert self.process is not None
            case SignalTree():
                assert self.exists
                assert not self.killed
            case KillTree():
                assert self.process is not None or self.survivors
                assert self.kill_allowed_at is None or self.now >= self.kill_allowed_at
                assert not self.killed
                self.killed = True
            case Reconfigure():
                assert self.exists
                assert isinstance(event, Changed)
            case Publish(_, message):
                assert message

    def ignored(self, event: Event) -> None:
        assert step(self.instance, event, self.now, self.jitter) == (self.instance, ())

    @property
    def exists(self) -> bool:
        return self.process is not None or bool(self.survivors)

    # The operator.

    @rule()
    def start(self) -> None:
        self.ask_up(StartAsked())

    @rule()
    def restart(self) -> None:
        if self.process is not None and self.kill_allowed_at is None:
            self.kill_allowed_at = self.now + self.instance.daemon.stop.timeout
            self.comes_back = True
        self.ask_up(RestartAsked())

    def ask_up(self, event: Event) -> None:
        if self.instance.daemon.enabled and not self.instance.unkillable:
            self.wanted = Wanted.UP
            if self.spawning:
                self.kill_allowed_at = None
            elif self.survivors or (self.process is not None and self.kill_allowed_at is not None):
                self.comes_back = True
        self.tell(event)

    @rule(event=stops)
    def stop(self, event: StopAsked) -> None:
        self.wanted, self.comes_back = Wanted.DOWN, False
        if self.spawning or self.exists:
            timeout = event.timeout if event.timeout is not None else self.instance.daemon.stop.timeout
            if event.timeout is None and self.kill_allowed_at is not None:
                timeout = max(0.0, self.kill_allowed_at - self.now)
            at = self.now if event.hurry else self.now + timeout
            self.kill_allowed_at = at if self.kill_allowed_at is None else min(at, self.kill_allowed_at)
        self.tell(event)

    # The engine.

    @precondition(lambda self: self.spawning)
    @rule()
    def born(self) -> None:
        self.births += 1
        self.restarts += not self.by_hand
        if self.outdated:
            self.outdated = False
            self.is_replaced()
        self.spawning, self.process, self.killed = False, self.births, False
        self.tell(Spawned(self.births))

    @precondition(lambda self: self.spawning)
    @rule(event=troubles)
    def refused(self, event: SpawnFailed) -> None:
        self.spawning, self.kill_allowed_at, self.outdated = False, None, False
        self.retries = True
        self.tell(event)
        if self.wanted is Wanted.UP:
            assert self.instance.state is (State.FAILED if event.trouble is Trouble.CONFIG else State.BACKOFF)

    @precondition(lambda self: self.process is not None)
    @rule()
    def ready(self) -> None:
        self.tell(Ready())

    @precondition(lambda self: self.process is not None)
    @rule(end=endings, left=st.sampled_from([(), (), (901,), (901, 902)]))
    def ends(self, end: Exited, left: tuple[int, ...]) -> None:
        self.deaths += 1
        stop = self.instance.daemon.stop
        self.survivors = left if stop.kill_tree else ()
        if not self.survivors:
            self.kill_allowed_at = None
        elif self.kill_allowed_at is None:
            self.kill_allowed_at = self.now + stop.timeout
        self.process, self.retries, self.killed = None, False, False
        attempts = self.instance.attempts
        self.tell(Exited(code=end.code, signal=end.signal, reason=end.reason, survivors=left))
        if end.reason is Reason.MEMORY:
            assert self.instance.attempts == attempts
            if self.wanted is Wanted.UP and not self.survivors:
                assert self.spawning or self.instance.state is State.BACKOFF

    @precondition(lambda self: self.survivors)
    @rule()
    def tree_goes(self) -> None:
        self.survivors, self.kill_allowed_at = (), None
        self.tell(TreeGone())

    # The manifest.

    @rule(initial=st.sampled_from([0.0, 1.0]), timeout=st.sampled_from([0.0, 3.0, 7.0]))
    def a_live_key_changes(self, initial: float, timeout: float) -> None:
        daemon, before = self.instance.daemon, self.instance
        backoff, stop = evolve(daemon.backoff, initial=initial), evolve(daemon.stop, timeout=timeout)
        changed = evolve(daemon, backoff=backoff, stop=stop)
        self.tell(Changed(changed, NO_PLAN))
        assert self.instance == evolve(before, daemon=changed)

    @rule(umask=st.sampled_from([0o022, 0o077]))
    def a_key_changes_that_a_process_is_started_with(self, umask: int) -> None:
        changed = evolve(self.instance.daemon, umask=umask)
        if changed != self.instance.daemon:
            self.outdated = self.spawning
            if self.process is not None:
                self.is_replaced()
        self.tell(Changed(changed, NO_PLAN))

    def is_replaced(self) -> None:
        if self.kill_allowed_at is None:
            self.kill_allowed_at = self.now + self.instance.daemon.stop.timeout
            self.comes_back = True

    # The clock.

    @rule(seconds=moments, jitter=jitters)
    def time_passes(self, seconds: float, jitter: float) -> None:
        self.now, self.jitter = self.now + seconds, jitter
        if self.instance.deadline is not None and self.instance.deadline <= self.now:
            self.tell(DeadlineReached())

    @precondition(lambda self: self.instance.deadline is not None)
    @rule()
    def deadline_comes(self) -> None:
        self.now = max(self.now, self.instance.deadline or 0.0)
        self.tell(DeadlineReached())

    # What comes late, twice or by mistake.

    @rule(end=endings, trouble=troubles)
    def strays(self, end: Exited, trouble: SpawnFailed) -> None:
        if not self.spawning:
            self.ignored(Spawned(999))
            self.ignored(trouble)
        if self.process is None:
            self.ignored(end)
            self.ignored(Ready())
        if not self.survivors:
            self.ignored(TreeGone())
        if self.instance.deadline is None or self.now < self.instance.deadline:
            self.ignored(DeadlineReached())

    # What always holds.

    @invariant()
    def the_instance_knows_what_exists(self) -> None:
        known = (self.instance.is_spawning, self.instance.pid, self.instance.survivors)
        assert known == (self.spawning, self.process, self.survivors)

    @invariant()
    def a_waiting_state_has_a_deadline_and_no_other(self) -> None:
        waits = self.instance.state is State.BACKOFF or (
            self.instance.state is State.STOPPING and not (self.spawning and self.instance.killing)
        )
        assert (self.instance.deadline is not None) == waits

    @invariant()
    def a_stop_ends_when_it_was_said_to(self) -> None:
        if self.instance.state is State.STOPPING and not self.instance.killing:
            assert self.instance.deadline == self.kill_allowed_at

    @invariant()
    def nothing_is_alive_at_rest(self) -> None:
        if self.instance.at_rest:
            assert not self.spawning
            assert self.exists == bool(self.instance.unkillable)
            assert not self.exists or self.instance.state is State.FAILED

    @invariant()
    def running_means_a_process(self) -> None:
        if self.instance.state is State.RUNNING:
            assert self.process is not None

    @invariant()
    def counts_are_exact(self) -> None:
        assert self.instance.restarts == self.restarts
        assert self.births == self.deaths + (self.process is not None)
        assert len(self.instance.attempts) <= self.instance.daemon.start_limit.count

    @invariant()
    def the_wish_is_what_was_asked_last(self) -> None:
        assert self.instance.wanted is self.wanted
        if self.wanted is Wanted.DOWN:
            assert self.instance.at_rest or self.instance.state is State.STOPPING

    def teardown(self) -> None:
        """Once faults end, what is becomes what is wanted, in a bounded number of steps (I12)."""
        if not hasattr(self, "instance"):
            return
        for _ in range(12):
            if self.spawning:
                self.born()
            elif self.survivors:
                self.tree_goes()
            elif self.process is not None and self.instance.state is State.STARTING:
                self.ready()
            elif self.process is not None and self.instance.state in (State.STOPPING, State.FAILED):
                self.ends(Exited(signal=15), ())
            elif self.instance.state is State.BACKOFF:
                self.deadline_comes()
        assert not self.exists or self.instance.state is State.RUNNING
        assert self.instance.at_rest or self.wanted is Wanted.UP
        assert not self.spawning


TestLife = Machine.TestCase
TestLife.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)
