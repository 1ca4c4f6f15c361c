"""The life of a blocking step: it is started, ends or has taken too long, and then comes the next, or what it was for.

Knows no clock, process or file; `step.py` has the table this is a part of. A step before a start that fails is a failed
start, and followed by what follows from a crash. One after an end that fails is told, and changes nothing.
"""

from __future__ import annotations

import attrs

from udaemon.manifest.evolving import evolve
from udaemon.policy import restart, steps, stopping, wording
from udaemon.policy.effects import EventName, KillTree, Publish, Spawn
from udaemon.policy.ending import KILL_GRACE, Outcome, begin_process, conclude, end_of_all, on_spawn_failed
from udaemon.policy.events import (
    Event,
    Executed,
    Exited,
    GoodRun,
    Leaving,
    Notified,
    Ready,
    Renewed,
    Said,
    Spawned,
    SpawnFailed,
    StopAsked,
    TreeGone,
    Verdict,
)
from udaemon.policy.instance import Exit, Instance, Phase, State, Step, Wanted
from udaemon.policy.reasons import Reason, Trouble
from udaemon.policy.timers import NO_TIMERS, Timer
from udaemon.units import seconds

_TRIES = 6
"""How often the start of a step after an end is tried: a full process table may clear in a moment, or never."""


def step(instance: Instance, event: Event, now: float, jitter: float) -> Outcome | None:
    """What becomes of an instance while a step is done; None where the event means the same as without one."""
    match event:
        case StopAsked() if is_cleaning_up(instance):
            return _stop_asked(instance, event, now, jitter)
        case Spawned():
            return _spawned(instance, event, now)
        case Executed() if instance.held_up:
            return evolve(instance, held_up=False), ()
        case SpawnFailed() if not is_cleaning_up(instance):
            return on_spawn_failed(instance, event, now, jitter)
        case SpawnFailed():
            return _not_spawned(instance, event, now, jitter)
        case Exited():
            return _exited(instance, event, now, jitter)
        case TreeGone():
            return _tree_gone(instance, now, jitter)
        case Executed() | Ready() | Verdict() | Notified() | Said() | Leaving() | GoodRun() | Renewed():
            return instance, ()  # about another process, which is late
        case _:
            return None


def is_cleaning_up(instance: Instance) -> bool:
    """Whether a step after an end is done: whatever is wanted now, it comes after that."""
    return instance.step is not None and instance.step.phase is Phase.AFTER_STOP


def _stop_asked(instance: Instance, event: StopAsked, now: float, jitter: float) -> Outcome:
    """It is stopping already; only haste ends a step after the end before its time, and those behind it with it."""
    down = evolve(instance, wanted=Wanted.DOWN)
    if not event.hurry or down.step is None:
        return down, ()
    if down.killing:  # as it has had its time: those behind it would have theirs
        return evolve(down, step=attrs.evolve(down.step, overdue=False)), ()
    if down.timers.at(Timer.RETRY) is not None and down.exit is not None:
        return conclude(steps.leave(down), down.exit, now, jitter)
    return stopping.kill(down, "killed at once, as asked", now)


def due(instance: Instance, timer: Timer, now: float) -> Outcome:
    """A step has had its time, or is to be tried again."""
    assert instance.step is not None
    if timer is Timer.RETRY:
        return evolve(instance, timers=NO_TIMERS), (Spawn(),)
    overdue = evolve(
        instance,
        killing=True,
        step=attrs.evolve(instance.step, overdue=True),
        timers=NO_TIMERS.set(Timer.GIVE_UP, now + KILL_GRACE),
    )
    why = f"{steps.label(instance)} took longer than {seconds(steps.command_of(instance).timeout)}"
    return overdue, (KillTree(), Publish(EventName.KILLING, f"{why}, killed"))


def _spawned(instance: Instance, event: Spawned, now: float) -> Outcome:
    if not instance.is_spawning or instance.timers.at(Timer.RETRY) is not None:
        return instance, ()
    held_up = "" if event.held_up is None else f": {event.held_up}"
    alive = evolve(
        instance,
        pid=event.pid,
        held_up=event.held_up is not None,
        message=f"{steps.label(instance)}, pid {event.pid}{held_up}",
    )
    told = steps.told(alive, f"runs as pid {event.pid}{held_up}")
    if alive.killing:
        killing, effects = stopping.kill(alive, "killed as soon as it was there", now)
        return killing, (told, *effects)
    if (kill_at := alive.timers.at(Timer.KILL)) is not None:
        return alive, (told, *stopping.farewell(alive, kill_at - now))
    until = now + steps.command_of(alive).timeout
    return evolve(alive, timers=NO_TIMERS.set(Timer.STEP, until)), (told,)


def _not_spawned(instance: Instance, event: SpawnFailed, now: float, jitter: float) -> Outcome:
    """A step after an end could not be started; where that may pass, it is tried a few times more."""
    waits = instance.timers.at(Timer.RETRY) is not None
    if instance.step is None or waits or (not instance.is_spawning and not instance.held_up):
        return instance, ()
    step = attrs.evolve(instance.step, refusals=instance.step.refusals + 1)
    gone = evolve(instance, pid=None, held_up=False, step=step, timers=NO_TIMERS)
    if event.trouble is Trouble.RESOURCE and step.refusals < _TRIES and not gone.killing:
        return evolve(gone, timers=NO_TIMERS.set(Timer.RETRY, now + restart.refused_delay(step.refusals, jitter))), ()
    told = steps.told(gone, f"cannot be started: {event.message}")
    following, effects = _after(gone, now, jitter)
    return following, (told, *effects)


def _exited(instance: Instance, event: Exited, now: float, jitter: float) -> Outcome:
    """What it left behind must not outlive it, as systemd has it for ExecStartPre: killed before anything follows."""
    if instance.pid is None or instance.step is None:
        return instance, ()
    end = Exit(code=event.code, signal=event.signal, core=event.core, reason=Reason.EXITED, at=now)
    gone = evolve(instance, pid=None, held_up=False, step=attrs.evolve(instance.step, ended=end))
    if event.survivors:
        timers = NO_TIMERS.set(Timer.GIVE_UP, now + KILL_GRACE)
        left = f"{steps.label(instance)} left {wording.pids(event.survivors)} behind, killed"
        return evolve(gone, survivors=event.survivors, timers=timers), (KillTree(), Publish(EventName.KILLING, left))
    return _over(gone, end, now, jitter)


def _tree_gone(instance: Instance, now: float, jitter: float) -> Outcome:
    if not instance.survivors or instance.step is None or instance.step.ended is None:
        return instance, ()
    return _over(evolve(instance, survivors=()), instance.step.ended, now, jitter)


def _over(instance: Instance, end: Exit, now: float, jitter: float) -> Outcome:
    """Nothing of the step lives any more."""
    assert instance.step is not None
    step = instance.step
    failure = _failure(instance, step, end)
    told = steps.told(instance, failure or "is done")
    if step.phase is Phase.AFTER_STOP:
        following, effects = _after(instance, now, jitter)
    elif instance.state is not State.STARTING:  # stopped meanwhile, or given up on
        stopped = attrs.evolve(end, reason=Reason.STOPPED if instance.asked_at is not None else Reason.BEFORE_START)
        following, effects = end_of_all(evolve(steps.leave(instance), exit=stopped), stopped, now, jitter)
    elif failure is None:
        following, effects = _before(instance, step)
    else:
        failed = attrs.evolve(end, reason=Reason.BEFORE_START)
        why = evolve(steps.leave(instance), exit=failed, message=f"{steps.label(instance)} {failure}")
        following, effects = end_of_all(why, failed, now, jitter)
    return following, (told, *effects)


def _before(instance: Instance, step: Step) -> Outcome:
    """The next step before the start, or the start itself."""
    if step.index + 1 < len(instance.daemon.before_start):
        return steps.enter(instance, Phase.BEFORE_START, step.index + 1), (Spawn(),)
    return begin_process(steps.leave(instance))


def _after(instance: Instance, now: float, jitter: float) -> Outcome:
    """The next step after the end, or what follows from that end; a second wish for haste leaves out the rest."""
    assert instance.step is not None
    step, hurried = instance.step, instance.killing and not instance.step.overdue
    if step.index + 1 < len(instance.daemon.after_stop) and not hurried:
        return steps.enter(instance, Phase.AFTER_STOP, step.index + 1), (Spawn(),)
    end = instance.exit or Exit(code=None, signal=None, core=False, reason=Reason.STOPPED, at=now)
    return conclude(steps.leave(instance), end, now, jitter)


def _failure(instance: Instance, step: Step, end: Exit) -> str | None:
    """What is wrong with how it ended, in words."""
    if step.overdue:
        return f"took longer than {seconds(steps.command_of(instance).timeout)}"
    if end.code == 0:
        return None
    return f"failed: {wording.ending(end)}"
