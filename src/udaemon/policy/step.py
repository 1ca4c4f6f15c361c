"""The life of one instance: every event in every state, and what must be done about it.

Knows no clock, process or file. `step` is a pure function; what an instance waits for are its timers, and two things
are kept apart: what it is (`state`) and what the operator wants (`wanted`).

    resting (stopped, exited, failed)  --start-->  starting  --spawned, ready-->  running
    starting, running  --stop, restart-->  stopping  --exited, tree gone-->  stopped, or starting again
    starting, running  --exited-->  starting again | backoff | exited | failed
    backoff  --deadline-->  starting        backoff  --stop-->  stopped
    a start, whosever  --lacks what it needs-->  waiting  --needs changed-->  starting
    resting  --start of a scheduled command-->  waiting  --run due, kick-->  starting …  --exited-->  waiting
    any  --changed-->  the same, by another declaration; a process that this does not fit is replaced
    starting  --spawned, exited, of a step before the start-->  starting, the next step or its own process
    stopping  --exited, tree gone-->  stopping, a step after the end  --exited-->  what follows from that end

An event that does not belong to the state (an answer that comes twice, a deadline that was moved) changes nothing.
Failed starts differ by what failed: the declaration (failed at once), the system (retried for ever), or the
process itself (a crash, counted). Runs of scheduled commands are in `runs.py`, stops in `stopping.py`; ends, survivors
and what follows are in `ending.py`.
"""

from __future__ import annotations

from udaemon.manifest import changes
from udaemon.manifest.evolving import evolve
from udaemon.manifest.keys import Applies
from udaemon.policy import bounds, probing, runs, stepping, stopping, wording
from udaemon.policy.effects import Effect, EventName, Publish, Reconfigure
from udaemon.policy.ending import Outcome, begin, on_exited, on_leaving, on_spawn_failed, on_tree_gone, settle_at, start
from udaemon.policy.events import (
    Changed,
    DeadlineReached,
    Event,
    Executed,
    Exited,
    GoodRun,
    KickAsked,
    Leaving,
    NeedsChanged,
    Notified,
    PauseAsked,
    Ready,
    Renewed,
    RestartAsked,
    ResumeAsked,
    RunAsked,
    RunDue,
    RunEnded,
    Said,
    Spawned,
    SpawnFailed,
    StartAsked,
    StopAhead,
    StopAsked,
    StopCommandFailed,
    TreeGone,
    Verdict,
)
from udaemon.policy.instance import Instance, State, Wanted
from udaemon.policy.timers import NO_TIMERS, Timer
from udaemon.units import seconds

_OTHERWISE = "is declared otherwise now"


def step(instance: Instance, event: Event, now: float, jitter: float = 0.0) -> Outcome:
    """What becomes of an instance, and what to do about it.

    Args:
        instance: What it is now.
        event: What happened to it.
        now: Monotonic seconds.
        jitter: From -1 to 1, for the length of a wait.
    """
    if instance.step is not None and (done := stepping.step(instance, event, now, jitter)) is not None:
        return done
    match event:
        case StartAsked():
            return _start(_alone(instance, event), now)
        case StopAsked() | StopAhead() | StopCommandFailed():
            return stopping.stop(instance, event, now)
        case RestartAsked():
            return _restart(instance, event, now)
        case PauseAsked() | ResumeAsked() | KickAsked() | RunDue() | RunAsked() | RunEnded():
            return runs.step(instance, event, now)
        case Spawned() | Executed() | SpawnFailed():
            return _started(instance, event, now, jitter)
        case Ready() | Verdict() | Notified() | Said():
            return _ready(instance, event, now)
        case Leaving():
            return on_leaving(instance, now)
        case Exited():
            return on_exited(instance, event, now, jitter)
        case TreeGone():
            return on_tree_gone(instance, now, jitter)
        case GoodRun() | NeedsChanged() | Renewed():
            return _about_needs(instance, event, now)
        case Changed():
            return _changed(instance, event, now)
        case DeadlineReached():
            return _deadline(instance, event, now)


def _start(instance: Instance, now: float) -> Outcome:
    if not instance.daemon.enabled:
        return instance, (Publish(EventName.REFUSED, "is disabled in the manifest"),)
    if instance.unkillable:
        return instance, (Publish(EventName.REFUSED, f"old {wording.pids(instance.unkillable)} cannot be killed"),)
    up = evolve(_forgiven(instance), wanted=Wanted.UP)
    if up.at_rest and up.daemon.is_scheduled:
        return runs.wait(up)
    if up.at_rest or up.state is State.BACKOFF or up.held_back:
        return start(up)
    if up.state is State.STOPPING and up.is_spawning and not stepping.is_cleaning_up(up):
        return evolve(up, state=State.STARTING, timers=NO_TIMERS, asked_at=None, killing=False), ()
    if up.state is State.STOPPING and up.asked_at is None:
        return evolve(up, asked_at=now), ()
    return up, ()


def _restart(instance: Instance, event: RestartAsked, now: float) -> Outcome:
    if instance.pid is None or instance.state not in (State.STARTING, State.RUNNING):
        return _start(instance, now)
    if event.after_run and instance.daemon.is_scheduled:
        return instance, ()  # the run ends as it began, and each run has a process of its own
    if not event.after_run or instance.step is not None:
        return stopping.end(_forgiven(instance), StopAsked(), now)
    return stopping.replace(_forgiven(instance), now, "is restarted", at_once=False)


def _alone(instance: Instance, event: StartAsked) -> Instance:
    """What runs already was started as it was."""
    there = instance.state in (State.STARTING, State.RUNNING)
    return instance if there or instance.alone == event.alone else evolve(instance, alone=event.alone)


def _forgiven(instance: Instance) -> Instance:
    """Whoever asks for a start or restart, in whatever state, wants it tried as if for the first time."""
    return evolve(instance, crashes=0, refusals=0, attempts=())


def _started(instance: Instance, event: Spawned | Executed | SpawnFailed, now: float, jitter: float) -> Outcome:
    """The engine has answered a start."""
    match event:
        case Spawned():
            return _spawned(instance, event, now)
        case Executed():
            return _executed(instance, now)
        case SpawnFailed():
            return on_spawn_failed(instance, event, now, jitter)


def _spawned(instance: Instance, event: Spawned, now: float) -> Outcome:
    if not instance.is_spawning:
        return instance, ()
    pid, held_up = event.pid, event.held_up
    restarts = instance.restarts + instance.automatic
    alive = evolve(
        instance, pid=pid, started_at=now, restarts=restarts, automatic=False, message=held_up, outdated=False
    )
    if held_up is None:
        alive, told = evolve(alive, refusals=0), Publish(EventName.STARTED, f"pid {pid}")
    else:
        alive, told = evolve(alive, held_up=True), Publish(EventName.HELD_UP, f"pid {pid}: {held_up}")
    if alive.state is State.STOPPING:
        if (kill_at := alive.timers.at(Timer.KILL)) is not None:
            return alive, (told, *stopping.farewell(alive, kill_at - now))
        killing, effects = stopping.kill(alive, "killed as soon as it was there", now)
        return killing, (told, *effects)
    up = _executed_as(alive, now)
    if instance.outdated:
        replaced, effects = stopping.replace(up, now, _OTHERWISE, at_once=False)
        return replaced, (told, *effects)
    heard = up.probed.heard if up.state is State.RUNNING else None
    return up, (told,) if heard is None else (told, Publish(EventName.READY, heard))


def _executed(instance: Instance, now: float) -> Outcome:
    """Its program runs after all; one that is being stopped was told so already."""
    if not instance.held_up:
        return instance, ()
    runs = evolve(instance, held_up=False, started_at=now, refusals=0)
    told = Publish(EventName.STARTED, f"pid {instance.pid}")
    if runs.state is not State.STARTING:
        return runs, (told,)
    return evolve(_executed_as(runs, now), message=None), (told,)


def _executed_as(instance: Instance, now: float) -> Instance:
    """A task has yet to be built; a command is all that it will be."""
    if instance.daemon.command and not instance.held_up:
        return probing.begin(instance, now)
    return evolve(instance, state=State.STARTING)


def _ready(instance: Instance, event: Ready | Verdict | Notified | Said, now: float) -> Outcome:
    """The task is built, or what is asked of its process has an answer, or it says something by itself."""
    if isinstance(event, Verdict):
        return probing.answered(instance, event, now)
    if isinstance(event, Notified):
        return probing.notified(instance, event, now)
    if isinstance(event, Said):
        return probing.said(instance, event, now)
    built = instance.probed.begun or instance.daemon.command is not None
    if instance.state is not State.STARTING or instance.pid is None or instance.held_up or built:
        return instance, ()
    begun = probing.begin(probing.built(instance, event), now)
    told = Publish(EventName.READY, begun.probed.heard or "its task is built")
    return begun, (told,) if begun.state is State.RUNNING else ()


def _changed(instance: Instance, event: Changed, now: float) -> Outcome:
    """Go on by another declaration: state and counts stay, and a process that cannot go by it is replaced."""
    needs = changes.needs(instance.daemon, event.daemon)
    changed = probing.changed(evolve(instance, daemon=event.daemon, plan=event.plan), instance.daemon, now)
    changed = bounds.changed(changed, instance, now)
    if instance.daemon.enabled != event.daemon.enabled:
        return _switched(changed, now)
    if changed.step is not None:  # its own process is yet to be started, by what is declared then
        return changed, ()
    there = changed.pid is not None or changed.survivors
    other = needs is not None or event.plan is not instance.plan
    told: tuple[Effect, ...] = (Reconfigure(),) if other and there else ()
    if changed.state is State.WAITING and not changed.daemon.is_scheduled and not changed.held_back:
        return start(changed)
    if instance.daemon.is_scheduled and changed.daemon.is_scheduled and not event.at_once:
        return changed, told  # a run ends as it began, and each run has a process of its own
    if needs is Applies.RESTART and changed.is_spawning:
        return evolve(changed, outdated=True), ()
    if needs is not Applies.RESTART or changed.state not in (State.STARTING, State.RUNNING):
        return changed, told
    replaced, effects = stopping.replace(changed, now, _OTHERWISE, at_once=event.at_once)
    return replaced, (*told, *effects)


def _switched(instance: Instance, now: float) -> Outcome:
    """It was enabled, which starts nothing by itself, or disabled, which stops it."""
    if instance.state is State.DISABLED:
        return evolve(instance, state=State.STOPPED), (Publish(EventName.STOPPED, "is enabled in the manifest now"),)
    if instance.at_rest and not instance.unkillable and not instance.daemon.enabled:
        off = evolve(settle_at(instance, State.DISABLED), wanted=Wanted.DOWN, message=None)
        return off, (Publish(EventName.STOPPED, "is disabled in the manifest now"),)
    if instance.daemon.enabled:
        return instance, ()
    down, effects = stopping.stop(instance, StopAsked(), now)
    return down, (Reconfigure(), *effects)


def _about_needs(instance: Instance, event: GoodRun | NeedsChanged | Renewed, now: float) -> Outcome:
    """What others need of it, or it of others."""
    if isinstance(event, NeedsChanged):
        return begin(instance) if instance.held_back else runs.turn_came(instance)
    if instance.pid is None:
        return instance, ()
    if isinstance(event, GoodRun):
        return evolve(instance, good_run=True), ()
    if instance.wanted is Wanted.DOWN or instance.state not in (State.STARTING, State.RUNNING):
        return instance, ()
    return stopping.replace(instance, now, f"restarts with {event.name}", at_once=False)


def _deadline(instance: Instance, event: DeadlineReached, now: float) -> Outcome:
    match instance.timers.due(now):
        case Timer.RUN:
            return bounds.look(instance, event.run, now)
        case Timer.READY | Timer.WATCHDOG as timer:
            return probing.due(instance, timer, now)
        case Timer.STEP as timer if instance.step is not None:
            return stepping.due(instance, timer, now)
        case Timer.RETRY as timer if instance.step is not None:
            return stepping.due(instance, timer, now)
        case Timer.RETRY:
            return begin(instance)
        case Timer.KILL if instance.state in (State.STARTING, State.RUNNING):
            timeout = seconds(instance.daemon.stop.timeout)
            killing, effects = stopping.kill(instance, f"killed: something it left running kept it for {timeout}", now)
            return evolve(killing, message=instance.message), effects
        case Timer.KILL:
            return stopping.kill(instance, stopping.overdue(instance, now), now)
        case Timer.GIVE_UP:
            return stopping.give_up_on(instance, now)
        case _:
            return instance, ()
