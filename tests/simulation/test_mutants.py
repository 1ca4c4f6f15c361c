"""That the simulation can fail: one bug in the core is found out by the first seeds, and by the right invariant."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

import pytest
from attrs import evolve
from tests.simulation.core import Core
from tests.simulation.keeping import Outlived
from tests.simulation.kernel import SimulatedKernel
from tests.simulation.run import run

from udaemon.engines.base import Listener
from udaemon.engines.kept import UNKNOWN
from udaemon.policy.effects import Effect, KillTree, Signal, Spawn
from udaemon.policy.events import Event, Exited, RunDue, Spawned, StopAhead, StopAsked, TreeGone
from udaemon.policy.instance import FREE, Instance, Key, Phase, State
from udaemon.policy.step import step
from udaemon.policy.timers import NO_TIMERS, Timer

SEEDS = range(120)
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")

Outcome = tuple[Instance, tuple[Effect, ...]]
Mutant = Callable[[Instance, Event, Outcome, float], Outcome]


def _never_kills(_before: Instance, _event: Event, outcome: Outcome, _now: float) -> Outcome:
    after, effects = outcome
    return (evolve(after, timers=after.timers.clear(Timer.KILL)) if after.state is State.STOPPING else after), effects


def _kills_early(_before: Instance, event: Event, outcome: Outcome, _now: float) -> Outcome:
    after, effects = outcome
    early = isinstance(event, StopAsked) and any(isinstance(one, Signal) for one in effects)
    return after, (*effects, KillTree()) if early else effects


def _counts_twice(before: Instance, event: Event, outcome: Outcome, _now: float) -> Outcome:
    after, effects = outcome
    twice = isinstance(event, Spawned) and after.restarts > before.restarts > 2
    return (evolve(after, restarts=after.restarts + 1) if twice else after), effects


def _starts_before_the_tree_is_gone(before: Instance, event: Event, outcome: Outcome, now: float) -> Outcome:
    after, effects = outcome
    if isinstance(event, Exited) and after.survivors:
        return step(before, evolve(event, survivors=()), now)
    return after, effects


def _starts_twice(before: Instance, event: Event, outcome: Outcome, _now: float) -> Outcome:
    after, effects = outcome
    return after, tuple(one for effect in effects for one in ([effect, effect] if effect == Spawn() else [effect]))


def _leaves_a_timer_at_rest(before: Instance, _event: Event, outcome: Outcome, _now: float) -> Outcome:
    after, effects = outcome
    return (evolve(after, timers=before.timers) if after.at_rest and not after.unkillable else after), effects


def _forgets_to_wait(_before: Instance, _event: Event, outcome: Outcome, _now: float) -> Outcome:
    after, effects = outcome
    return (evolve(after, timers=NO_TIMERS) if after.state is State.BACKOFF else after), effects


def _rests_from_anywhere(before: Instance, event: Event, outcome: Outcome, _now: float) -> Outcome:
    after, effects = outcome
    gone = isinstance(event, TreeGone) and after.state is State.STARTING
    return (evolve(after, state=State.DISABLED) if gone else after), effects


def _needs_nothing(before: Instance, event: Event, outcome: Outcome, now: float) -> Outcome:
    return outcome if before.missing is None else step(evolve(before, missing=None), event, now)


def _stops_ahead_of_its_turn(before: Instance, event: Event, outcome: Outcome, now: float) -> Outcome:
    return step(before, StopAsked(), now) if isinstance(event, StopAhead) else outcome


def _waits_for_no_lock(before: Instance, event: Event, outcome: Outcome, now: float) -> Outcome:
    return outcome if before.turn is FREE else step(evolve(before, turn=FREE), event, now)


def _loses_its_place(_before: Instance, _event: Event, outcome: Outcome, _now: float) -> Outcome:
    after, effects = outcome
    return (evolve(after, place=0) if after.held_back else after), effects


def _takes_a_failed_step_for_done(before: Instance, event: Event, outcome: Outcome, now: float) -> Outcome:
    if isinstance(event, Exited) and before.step is not None and event.code:
        return step(before, evolve(event, code=0), now)
    return outcome


def _tidies_nothing(before: Instance, event: Event, outcome: Outcome, now: float) -> Outcome:
    """A start that was asked for meanwhile begins at once."""
    after, _ = outcome
    if after.step is None or after.step.phase is not Phase.AFTER_STOP or before.step is not None:
        return outcome
    tidied, effects = step(evolve(before, daemon=evolve(before.daemon, after_stop=())), event, now)
    return evolve(tidied, daemon=before.daemon), effects


def _takes_a_run_for_another(before: Instance, event: Event, outcome: Outcome, now: float) -> Outcome:
    if isinstance(event, RunDue) and event.after is not None:
        return step(before, evolve(event, after=event.after._replace(run=event.after.run + 1)), now)
    return outcome


def _runs_though_it_is_paused(before: Instance, event: Event, outcome: Outcome, now: float) -> Outcome:
    if isinstance(event, RunDue) and before.paused:
        after, effects = step(evolve(before, paused=False), event, now)
        return evolve(after, paused=True), effects
    return outcome


@pytest.mark.parametrize(
    ("mutant", "found"),
    [
        (_never_kills, ("I12", "I9")),
        (_kills_early, ("I13",)),
        (_counts_twice, ("I4",)),
        (_starts_before_the_tree_is_gone, ("I1",)),
        (_starts_twice, ("I1", "I4")),
        (_leaves_a_timer_at_rest, ("Timers",)),
        (_forgets_to_wait, ("waits for nothing",)),
        (_rests_from_anywhere, ("went from", "is disabled")),
        (_needs_nothing, ("I15",)),
        (_stops_ahead_of_its_turn, ("I15",)),
        (_waits_for_no_lock, ("lock", "max-starting")),
        (_loses_its_place, ("waits for nothing",)),
        (_takes_a_failed_step_for_done, ("steps",)),
        (_tidies_nothing, ("steps",)),
        (_takes_a_run_for_another, ("chain",)),
        (_runs_though_it_is_paused, ("runs",)),
    ],
    ids=lambda one: one.__name__ if callable(one) else "",
)
def test_a_policy_with_a_bug_is_found_out(mutant: Mutant, found: tuple[str, ...]) -> None:
    def mutated(instance: Instance, event: Event, now: float, jitter: float) -> Outcome:
        return mutant(instance, event, step(instance, event, now, jitter), now)

    _is_found(Core(step=mutated), found)


def _deaf_to(kind: type[Event], every: int) -> Callable[[Listener], Listener]:
    """An engine that does not tell each of some events."""

    def deaf(listener: Listener) -> Listener:
        seen = 0

        def listens(key: Key, event: Event) -> None:
            nonlocal seen
            seen += isinstance(event, kind)
            if not isinstance(event, kind) or seen % every:
                listener(key, event)

        return listens

    return deaf


def _told_twice(listener: Listener) -> Listener:
    """An engine that tells of a restarted process as if it were a second one."""

    def tells(key: Key, event: Event) -> None:
        listener(key, event)
        if isinstance(event, Spawned):
            listener(key, event)

    return tells


@pytest.mark.parametrize(
    ("listener", "found"),
    [
        (_deaf_to(Exited, 3), ("I4", "I12", "there")),
        (_deaf_to(TreeGone, 2), ("I12", "I9")),
        (_told_twice, ("I1",)),
    ],
    ids=["loses an exit", "loses the end of a tree", "tells a start twice"],
)
def test_an_engine_with_a_bug_is_found_out(listener: Callable[[Listener], Listener], found: tuple[str, ...]) -> None:
    _is_found(Core(listener=listener), found)


class _SignalsByPid(SimulatedKernel):
    """Sends signals by the number of a process, which may be another's by now."""

    def reap(self, pidfd: int):  # type: ignore[no-untyped-def]  # as in the class above
        status = super().reap(pidfd)
        if status is not None:
            self._world.system_call()
            self.kill(self.pidfds[pidfd].pid)
        return status


class _NeverReapsOrphans(SimulatedKernel):
    def reap_pid(self, pid: int) -> None:
        """Nothing."""


class _LeaksDescriptors(SimulatedKernel):
    def open(self, pid: int) -> int:
        fd = super().open(pid)
        self.pidfd(self.pidfds[fd])
        return fd


@pytest.mark.parametrize(
    ("kernel", "found"),
    [(_SignalsByPid, ("I3",)), (_NeverReapsOrphans, ("I2",)), (_LeaksDescriptors, ("I7",))],
)
def test_what_is_asked_of_the_kernel_wrongly_is_found_out(
    kernel: type[SimulatedKernel], found: tuple[str, ...]
) -> None:
    _is_found(Core(kernel=kernel), found)


def _writes_down_only_half(kept: Outlived) -> None:
    note, seen = kept.note, count()

    def notes(key: Key, instance: Instance | None) -> None:
        if next(seen) % 2:
            note(key, instance)

    kept.note = notes


def _forgets_restarts(kept: Outlived) -> None:
    note = kept.note
    kept.note = lambda key, instance: note(key, None if instance is None else evolve(instance, restarts=0))


def _knows_a_process_by_its_number_alone(kept: Outlived) -> None:
    kept.note = lambda key, instance: kept.ledger._changed.update({key: instance})


def _loses_exit_codes(kept: Outlived) -> None:
    ending = kept.kernel.ending
    kept.kernel.ending = lambda pidfd: None if ending(pidfd) is None else UNKNOWN  # type: ignore[method-assign]


def _sees_only_its_own_children(kept: Outlived) -> None:
    kept.kernel._keepers = frozenset  # type: ignore[method-assign]


def _has_the_keeper_reap_nothing(kept: Outlived) -> None:
    kept.kernel._reap = lambda _pid: None


@pytest.mark.parametrize(
    ("spoil", "found"),
    [
        (_writes_down_only_half, ("I24",)),
        (_forgets_restarts, ("I24",)),
        (_knows_a_process_by_its_number_alone, ("I4",)),
        (_loses_exit_codes, ("I4",)),
        (_sees_only_its_own_children, ("I2", "I4")),
        (_has_the_keeper_reap_nothing, ("I2",)),
    ],
)
def test_what_is_kept_badly_for_the_next_supervisor_is_found_out(
    spoil: Callable[[Outlived], None], found: tuple[str, ...]
) -> None:
    _is_found(Core(spoil=spoil), found)


def _is_found(core: Core, found: tuple[str, ...]) -> None:
    for seed in SEEDS:
        if wrongs := run(seed, core).wrongs:
            assert any(word in wrongs[0] for word in found), wrongs
            return
    raise AssertionError(f"no seed of {SEEDS} has found it")
