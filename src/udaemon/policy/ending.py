"""What follows from the exit of a process: the record, the survivors, then rest, backoff or a restart.

Knows no clock, process or file; `step.py` has the table this is a part of.
"""

from __future__ import annotations

from udaemon.manifest.evolving import evolve
from udaemon.policy import restart, steps, wording
from udaemon.policy.effects import Effect, EventName, KillTree, Publish, SignalTree, Spawn
from udaemon.policy.events import Exited, SpawnFailed
from udaemon.policy.instance import Exit, Instance, Phase, State, Wanted
from udaemon.policy.plan import has_task
from udaemon.policy.reasons import Reason, Trouble
from udaemon.policy.timers import NO_TIMERS, Timer

Outcome = tuple[Instance, tuple[Effect, ...]]
"""The instance after an event, and the effects."""

KILL_GRACE = 5.0
"""Seconds after KILL in which a process must be gone; what stays longer sits in the kernel and is called unkillable."""

_BACKGROUNDED_WITHIN = 5.0
"""A leader that leaves its tree behind sooner than this after its start has put itself in the background."""


def begin(instance: Instance) -> Outcome:
    """A start, or udaemon's own restart: the counts stay. It waits for what it needs, and then for its turn."""
    if instance.missing is not None and not instance.alone:
        return _hold_back(instance, str(instance.missing))
    if instance.turn.start is not None:
        return _hold_back(instance, instance.turn.start, instance.place or instance.turn.place)
    if instance.held_back:  # what it waited for explains nothing any more
        instance = evolve(instance, message=None)
    starting = evolve(
        _cleared(instance, State.STARTING), holds=() if has_task(instance.daemon) else instance.daemon.lock
    )
    if starting.daemon.before_start:
        starting = steps.enter(starting, Phase.BEFORE_START)
    return starting, (Spawn(),)


def begin_process(instance: Instance) -> Outcome:
    """The steps before the start are done."""
    return evolve(_cleared(instance, State.STARTING), holds=instance.holds), (Spawn(),)


def _hold_back(instance: Instance, what_for: str, place: int = 0) -> Outcome:
    message, told = f"waiting {what_for}", Publish(EventName.WAITING, what_for)
    known = instance.held_back and (instance.message == message or (place != 0 and place == instance.place))
    held = evolve(_cleared(instance, State.WAITING), held_back=True, place=place, message=message)
    return held, () if known else (told,)


def start(instance: Instance) -> Outcome:
    """A start that the operator asked for: it is no restart, and how the last process ended explains nothing now."""
    return begin(evolve(instance, automatic=False, good_run=False, message=None))


def waiting(instance: Instance, until: float) -> Instance:
    """The instance in wait for its next start."""
    timers = NO_TIMERS.set(Timer.RETRY, until)
    return evolve(instance, state=State.BACKOFF, timers=timers, outdated=False, step=None, holds=())


def settle_at(instance: Instance, state: State) -> Instance:
    """The instance with nothing under way. One that was disabled meanwhile is at rest for good."""
    if state is State.STOPPED and not instance.daemon.enabled:
        state = State.DISABLED
    return evolve(_cleared(instance, state), automatic=False)


def on_leaving(instance: Instance, now: float) -> Outcome:
    """What it left running has the time of a stop to end, as the process waits for that."""
    if instance.pid is None or instance.leaving:
        return instance, ()
    leaving = evolve(instance, leaving=True)
    if instance.state in (State.STARTING, State.RUNNING):
        leaving = evolve(leaving, timers=NO_TIMERS.set(Timer.KILL, now + instance.daemon.stop.timeout))
    return leaving, ()


def on_exited(instance: Instance, event: Exited, now: float, jitter: float) -> Outcome:
    """Record the end; end the rest of the tree if there is one, else go on at once."""
    if instance.pid is None:
        return instance, ()
    backgrounded = _backgrounded(instance, event, now)
    reason = Reason.CONFIG if backgrounded else _reason(instance, event)
    end = Exit(code=event.code, signal=event.signal, core=event.core, reason=reason, at=now)
    message = event.message or backgrounded or _killed(instance, event)
    told = Publish(EventName.EXITED, wording.ending(end) + (f": {message}" if message else ""))
    good = instance.good_run or (instance.daemon.is_scheduled and restart.succeeded(end, instance.daemon))
    gone = evolve(instance, pid=None, held_up=False, exit=end, message=message, good_run=good)
    if event.survivors and instance.daemon.stop.kill_tree:
        clearing, effects = _clear(gone, event.survivors, now)
    else:
        clearing, effects = end_of_all(gone, end, now, jitter)
    return clearing, (told, *effects)


def on_spawn_failed(instance: Instance, event: SpawnFailed, now: float, jitter: float) -> Outcome:
    """There is no process: not by its declaration, not by the system now, or as it was not wanted any more."""
    if not instance.is_spawning and not instance.held_up:
        return instance, ()
    tidies = steps.have_run(instance)
    message = event.message if instance.step is None else f"{steps.label(instance)}: {event.message}"
    instance = evolve(steps.leave(instance), pid=None, held_up=False)
    if instance.state in (State.STOPPING, State.FAILED):
        if tidies and instance.daemon.after_stop:
            never = Exit(code=None, signal=None, core=False, reason=Reason.STOPPED, at=now)
            return end_of_all(evolve(instance, exit=never), never, now, jitter)
        if instance.wanted is Wanted.UP:  # a restart was asked for while it was held up
            return start(instance)
        return settle_at(instance, State.STOPPED), (Publish(EventName.STOPPED, f"it had not started: {message}"),)
    if event.trouble is Trouble.CONFIG:
        cause = Exit(code=None, signal=None, core=False, reason=Reason.CONFIG, at=now)
        failed = evolve(instance, exit=cause, message=message)
        if tidies:
            return end_of_all(failed, cause, now, jitter)
        return settle_at(failed, State.FAILED), (Publish(EventName.FAILED, message),)
    refusals = instance.refusals + 1
    delay = restart.refused_delay(refusals, jitter)
    again = evolve(waiting(instance, now + delay), refusals=refusals, message=message)
    if refusals & (refusals - 1):  # told the 1st, 2nd, 4th … time: it may go on for hours, for a thousand daemons
        return again, ()
    return again, (Publish(EventName.REFUSED, f"{message}; tried again {wording.wait(delay)}"),)


def _clear(instance: Instance, survivors: tuple[int, ...], now: float) -> Outcome:
    """End what the process left behind: it has the rest of the stop's time, a whole one where nobody asked for a stop.

    Many leaders end before what they started, a shell or `npm start` at once, and the program below is the one that
    has something to clean up.
    """
    left = f"it left {wording.pids(survivors)} behind"
    clearing = evolve(instance, state=State.STOPPING, survivors=survivors)
    if instance.killing:
        killed = evolve(clearing, timers=NO_TIMERS.set(Timer.GIVE_UP, now + KILL_GRACE))
        return killed, (KillTree(), Publish(EventName.KILLING, f"{left}, killed"))
    stop = instance.daemon.stop
    asked = instance.timers.at(Timer.KILL) if instance.asked_at is not None else None
    deadline = now + stop.timeout if asked is None else asked
    told = Publish(EventName.STOPPING, f"{left}: sent SIG{stop.signal}, will be killed {wording.wait(deadline - now)}")
    return evolve(clearing, timers=NO_TIMERS.set(Timer.KILL, deadline)), (SignalTree(stop.signal), told)


def on_tree_gone(instance: Instance, now: float, jitter: float) -> Outcome:
    """The survivors are gone: the exit is complete."""
    if not instance.survivors or instance.exit is None:
        return instance, ()
    told = Publish(EventName.CLEARED, f"what it left behind is gone: {wording.pids(instance.survivors)}")
    settled, effects = end_of_all(evolve(instance, survivors=()), instance.exit, now, jitter)
    return settled, (told, *effects)


def end_of_all(instance: Instance, end: Exit, now: float, jitter: float) -> Outcome:
    """Nothing of it lives any more: the steps after the end, if there are any, then what follows from it."""
    if not instance.daemon.after_stop:
        return conclude(instance, end, now, jitter)
    return steps.enter(evolve(instance, exit=end, survivors=()), Phase.AFTER_STOP), (Spawn(),)


def conclude(instance: Instance, end: Exit, now: float, jitter: float) -> Outcome:
    """Rest, back off, or restart."""
    if instance.wanted is Wanted.DOWN:
        return settle_at(instance, State.STOPPED), (
            Publish(EventName.STOPPED, instance.message or wording.ending(end)),
        )
    if instance.daemon.is_scheduled and end.reason is not Reason.CONFIG:
        return _after_run(instance, end)
    if instance.asked_at is not None or (instance.outdated and end.reason is Reason.STOPPED):
        return start(instance)
    verdict = restart.verdict(instance, end, now, jitter)
    if isinstance(verdict, restart.GiveUp):
        if not verdict.failed:
            return evolve(
                settle_at(instance, State.EXITED), message=None
            ), ()  # it ended well: what it said is no error
        failed = evolve(settle_at(instance, State.FAILED), message=verdict.message)
        return failed, (Publish(EventName.FAILED, verdict.message or wording.ending(end)),)
    told = Publish(EventName.RESTARTING, f"starts again {wording.wait(verdict.delay)}")
    again = evolve(verdict.instance, automatic=True)
    if verdict.delay > 0:
        return waiting(_cleared(again, State.BACKOFF), now + verdict.delay), (told,)
    starting, spawn = begin(again)
    return starting, (told, *spawn)


def _after_run(instance: Instance, end: Exit) -> Outcome:
    """A run of a scheduled command has ended: what it failed for may have passed when the next one is due."""
    waits = evolve(_cleared(instance, State.WAITING), automatic=False, crashes=0, owes_run=False)
    waits = evolve(waits, after=instance.owed_after, owed_after=None)
    if restart.succeeded(end, instance.daemon):
        waits = evolve(waits, message=None)
    elif instance.message is None:
        waits = evolve(waits, message=wording.ending(end))
    if instance.owes_run:
        return begin(waits)
    return waits, ()


def _cleared(instance: Instance, state: State) -> Instance:
    return evolve(
        instance,
        state=state,
        asked_at=None,
        outdated=False,
        held_back=False,
        place=0,
        run_asked=0,
        holds=(),
        survivors=(),
        step=None,
        **steps.NEXT_PROCESS,
    )


def _reason(instance: Instance, event: Exited) -> Reason:
    """`killed` is by any signal but the one it was asked with; the child's own report counts if it exited itself."""
    asked = instance.asked_at is not None or instance.outdated
    if instance.condemned is not None and instance.asked_at is None:
        return instance.condemned
    if instance.leaving and event.reason is not None and instance.asked_at is None:
        return event.reason  # what came after its own word is how it was helped out
    if event.signal is not None and event.reason is Reason.OOM and not instance.killing:
        return Reason.OOM
    if event.signal is not None:
        as_asked = asked and wording.signal_name(event.signal) == f"SIG{instance.daemon.stop.signal}"
        return Reason.STOPPED if as_asked else Reason.KILLED
    return event.reason or (Reason.STOPPED if asked else Reason.EXITED)


def _killed(instance: Instance, event: Exited) -> str | None:
    """Why we killed it, if it was us and it was in time."""
    ours = instance.state is State.STOPPING and instance.killing and event.signal is not None
    ours = ours or instance.condemned is not None
    return instance.message if ours else None


def _backgrounded(instance: Instance, event: Exited, now: float) -> str | None:
    """The message for a command that exited at once, successfully, while its work goes on in the background."""
    young = instance.started_at is not None and now - instance.started_at < _BACKGROUNDED_WITHIN
    left_work = event.code == 0 and event.reason is None and event.survivors and instance.daemon.stop.kill_tree
    if left_work and young and instance.asked_at is None:
        return "daemon backgrounded itself; run it in the foreground"
    return None
