"""Runs that a schedule or the operator begins: of scheduled commands, which wait in between, and of tasks.

Knows no clock, process or file, and no calendar: that a run is due is an event. `step.py` has the table this is a
part of. A task's own process knows its schedule; it is only asked for a run beyond it, or for a pause.
"""

from __future__ import annotations

from udaemon.manifest.evolving import evolve
from udaemon.manifest.schedule import Overlap
from udaemon.policy import stopping
from udaemon.policy.effects import Allow, CountMissed, Effect, EventName, Kick, Pause, Publish, Trigger
from udaemon.policy.ending import Outcome, begin
from udaemon.policy.events import KickAsked, PauseAsked, ResumeAsked, RunAsked, RunDue, RunEnded
from udaemon.policy.instance import Instance, State, Wanted
from udaemon.policy.plan import has_task
from udaemon.policy.reasons import Reason

_GOING = (State.STARTING, State.RUNNING)


RunEvent = PauseAsked | ResumeAsked | KickAsked | RunDue | RunAsked | RunEnded


def step(instance: Instance, event: RunEvent, now: float) -> Outcome:
    """What becomes of an instance, and what to do about it."""
    match event:
        case PauseAsked():
            return _pause(instance)
        case ResumeAsked():
            return _resume(instance)
        case KickAsked():
            return _kick(instance)
        case RunDue():
            return _due(instance, event, now)
        case RunAsked():
            return _asked(instance, event)
        case RunEnded():
            return instance, ()


def wait(instance: Instance) -> Outcome:
    """A scheduled command is up: its runs begin when they are due."""
    up = evolve(instance, state=State.WAITING, message=None, owes_run=False, good_run=False, held_back=False)
    return up, (Publish(EventName.WAITING, "waits for its first run"),)


def _due(instance: Instance, event: RunDue, now: float) -> Outcome:
    """Begin a run of a scheduled command, or do as it says where one goes on."""
    if event.after is not None and has_task(instance.daemon):
        up = instance.wanted is Wanted.UP and not instance.at_rest
        return instance, (Trigger(event.after),) if up else ()
    if not instance.daemon.is_scheduled or instance.wanted is Wanted.DOWN:
        return instance, ()
    if instance.paused:
        return instance, (Publish(EventName.SKIPPED, "a run was due while it is paused"),)
    if is_between_runs(instance):
        return begin(evolve(instance, automatic=False, message=None, after=event.after))
    if event.after is not None and (instance.held_back or _in_run(instance)):
        more = (CountMissed(),) if instance.owes_run else ()
        return evolve(instance, owes_run=True, owed_after=event.after), more
    if instance.held_back:
        return _due_in_queue(instance)
    return _due_in_run(instance, now) if _in_run(instance) else (instance, ())


def _due_in_run(instance: Instance, now: float) -> Outcome:
    """The run before goes on, its steps before and after are part of it."""
    match instance.daemon.overlap:
        case Overlap.SKIP:
            return instance, (Publish(EventName.SKIPPED, "a run was due while the one before goes on"),)
        case Overlap.QUEUE:
            return evolve(instance, owes_run=True), ()
        case Overlap.CANCEL if instance.state is State.STOPPING:
            return evolve(instance, owes_run=True), ()
        case Overlap.CANCEL if instance.own_pid is None:
            return instance, (Publish(EventName.SKIPPED, "a run was due while the one before begins"),)
        case Overlap.CANCEL:
            why = "the next run is due"
            return stopping.condemn(evolve(instance, owes_run=True), Reason.CANCELLED, why, now)


def _due_in_queue(instance: Instance) -> Outcome:
    """The run before has not even begun; only who queues wants another one after it."""
    if instance.daemon.overlap is Overlap.QUEUE:
        return evolve(instance, owes_run=True), ()
    return instance, (Publish(EventName.SKIPPED, "a run was due while the one before waits to begin"),)


def _kick(instance: Instance) -> Outcome:
    """A run now: at once where none goes on, else after that one. A pause does not count for it."""
    told = Publish(EventName.KICKED, "a run was asked for")
    if instance.daemon.is_scheduled and instance.wanted is Wanted.UP:
        if is_between_runs(instance):
            started, effects = begin(evolve(instance, automatic=False, message=None, after=None))
            return started, (told, *effects)
        if _in_run(instance):
            return evolve(instance, owes_run=True), (told,)
        if instance.held_back:  # it runs as soon as it may
            return instance, (told,)
    if has_task(instance.daemon) and instance.state in _GOING:
        return instance, (told, Kick())
    return instance, ()


def _pause(instance: Instance) -> Outcome:
    """Let the run that goes on end, and begin no more."""
    if instance.paused or not has_runs(instance):
        return instance, ()
    effects: tuple[Effect, ...] = (Pause(True),) if has_task(instance.daemon) else ()
    told = Publish(EventName.PAUSED, "begins no run until it is resumed")
    if not instance.daemon.is_scheduled or not (instance.owes_run or instance.held_back):
        return evolve(instance, paused=True), (*effects, told)
    put_off = evolve(instance, paused=True, owes_run=False, owed_after=None)
    if put_off.held_back:
        put_off = evolve(put_off, held_back=False, place=0, after=None, message=None)
    return put_off, (*effects, told, Publish(EventName.SKIPPED, "a run was due, and had not begun when it was paused"))


def _resume(instance: Instance) -> Outcome:
    """Begin runs again."""
    if not instance.paused:
        return instance, ()
    effects = (Pause(False),) if has_task(instance.daemon) else ()
    return evolve(instance, paused=False), (*effects, Publish(EventName.RESUMED, "begins runs again"))


def _asked(instance: Instance, event: RunAsked) -> Outcome:
    """A task wants its locks for a run, or has done with them. It is not believed to have what it was not given."""
    if instance.own_pid is None or not has_task(instance.daemon):
        return instance, ()
    if event.run == instance.run_asked and event.has is None:
        return instance, ()
    place = instance.place if event.run == instance.run_asked else 0
    asks = evolve(_waits_no_more(instance), run_asked=event.run, holds=())
    if not event.run:
        return asks, ()
    if event.has:
        return evolve(asks, holds=instance.daemon.lock), ()
    if (what_for := instance.turn.run) is None:
        return _allow(asks)
    told = () if place else (Publish(EventName.WAITING, what_for),)
    return evolve(asks, place=place or instance.turn.place, message=f"waiting {what_for}"), told


def turn_came(instance: Instance) -> Outcome:
    """Let a task that waits for its locks have them, if it may."""
    if not instance.place or not instance.run_asked or instance.turn.run is not None:
        return instance, ()
    return _allow(_waits_no_more(instance))


def _allow(instance: Instance) -> Outcome:
    return evolve(instance, holds=instance.daemon.lock), (Allow(instance.run_asked),)


def _waits_no_more(instance: Instance) -> Instance:
    return evolve(instance, place=0, message=None) if instance.place else instance


def _in_run(instance: Instance) -> bool:
    """Whether a run goes on: what begins, does its work or ends. One that is tried again later has not begun."""
    return instance.state in (State.STARTING, State.RUNNING, State.STOPPING)


def is_between_runs(instance: Instance) -> bool:
    """Whether a scheduled command waits for its next run, and for nothing else."""
    return instance.state is State.WAITING and not instance.held_back


def has_runs(instance: Instance) -> bool:
    """Whether what it does is made of runs; a command that goes on and on has none."""
    return has_task(instance.daemon) or instance.daemon.is_scheduled
