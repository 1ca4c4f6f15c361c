"""What follows from the end of a process: the record, the survivors, then rest, a wait or a new start.

Knows no clock, process or file; `step.py` has the table this is a part of.
"""

from __future__ import annotations

from attrs import evolve

from udaemon.policy import restart, wording
from udaemon.policy.effects import Effect, KillTree, Spawn, Tell, Word
from udaemon.policy.events import Exited, Reason
from udaemon.policy.instance import Exit, Instance, State, Wanted

Outcome = tuple[Instance, tuple[Effect, ...]]

_BACKGROUNDED_WITHIN = 5.0
"""A leader that leaves its tree behind sooner than this after its start has put itself in the background."""


def begin(instance: Instance) -> Outcome:
    """A start: what went before is only kept where it counts for the next end."""
    starting = evolve(
        instance,
        state=State.STARTING,
        deadline=None,
        pid=None,
        asked=False,
        again=False,
        killing=False,
        survivors=(),
    )
    return starting, (Spawn(),)


def on_exited(instance: Instance, event: Exited, now: float, jitter: float, grace: float) -> Outcome:
    """Record the end; wait for the rest of the tree if there is one, else go on at once."""
    end = Exit(code=event.code, signal=event.signal, core=event.core, reason=_reason(instance, event), at=now)
    message = event.message or _backgrounded(instance, event, now)
    gone = evolve(instance, pid=None, exit=end, message=message, survivors=event.survivors)
    told = Tell(Word.EXITED, wording.ending(end) + (f": {message}" if message else ""))
    if instance.state is State.FAILED:
        return evolve(gone, message=None), (told,)
    if event.survivors:
        clearing = evolve(gone, state=State.STOPPING, killing=True, deadline=now + grace)
        left = Tell(Word.KILLING, f"it left {wording.pids(event.survivors)} behind, killed")
        return clearing, (told, KillTree(), left)
    settled, effects = settle(gone, now, jitter)
    return settled, (told, *effects)


def on_tree_gone(instance: Instance, now: float, jitter: float) -> Outcome:
    """The survivors are gone, so the end is complete."""
    clear = evolve(instance, survivors=())
    if instance.state is not State.STOPPING or instance.pid is not None:
        return clear, ()
    return settle(clear, now, jitter)


def settle(instance: Instance, now: float, jitter: float) -> Outcome:
    """Nothing of it lives any more: rest, wait, or start again."""
    if instance.asked or instance.wanted is Wanted.DOWN:
        if instance.again:
            return begin(evolve(instance, crashes=0, refusals=0, attempts=()))
        stopped = _rest(instance, State.STOPPED)
        return stopped, (Tell(Word.STOPPED, "stopped"),)
    if instance.exit is None:
        return _rest(instance, State.STOPPED), ()
    verdict = restart.verdict(instance, evolve(instance.exit, at=now), jitter)
    if isinstance(verdict, restart.Stay):
        resting = _rest(evolve(instance, message=verdict.message), State.FAILED if verdict.failed else State.EXITED)
        effects = (Tell(Word.FAILED, verdict.message or wording.ending(instance.exit)),) if verdict.failed else ()
        return resting, effects
    told = Tell(Word.RESTARTING, f"starts again {wording.seconds(verdict.delay)}")
    again = evolve(verdict.instance, automatic=True)
    if verdict.delay <= 0:
        starting, spawn = begin(again)
        return starting, (told, *spawn)
    waiting = evolve(_rest(again, State.BACKOFF), automatic=True, deadline=now + verdict.delay)
    return waiting, (told,)


def _rest(instance: Instance, state: State) -> Instance:
    return evolve(
        instance,
        state=state,
        deadline=None,
        asked=False,
        again=False,
        killing=False,
        automatic=False,
        survivors=(),
    )


def _reason(instance: Instance, event: Exited) -> Reason:
    """Killed by us or by another is `killed`; what the child said of itself counts only if it left by itself."""
    if event.signal is not None:
        stopped_as_asked = instance.asked and not instance.killing
        return Reason.STOPPED if stopped_as_asked else Reason.KILLED
    if event.reason is not None:
        return event.reason
    return Reason.STOPPED if instance.asked else Reason.EXITED


def _backgrounded(instance: Instance, event: Exited, now: float) -> str | None:
    young = instance.started_at is not None and now - instance.started_at < _BACKGROUNDED_WITHIN
    if event.survivors and event.code == 0 and young and not instance.asked:
        return "daemon backgrounded itself; run it in the foreground"
    return None
