"""What is asked of an instance's process, and what becomes of it by the answers: ready, unready, well, failing.

Knows no clock and asks nobody; when an answer counts is `thresholds.py`'s. The meaning is that of Kubernetes: a daemon
that is ready no longer is left alone, one that is not well is restarted, unless it is only to be marked.
"""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from udaemon.manifest.evolving import evolve
from udaemon.manifest.model import Daemon
from udaemon.manifest.probes import Action, Probe, way
from udaemon.policy import bounds
from udaemon.policy.effects import Effect, EventName, Publish
from udaemon.policy.ending import Outcome
from udaemon.policy.events import Notified, Ready, Said, Verdict
from udaemon.policy.instance import Instance, State
from udaemon.policy.questions import Question, Teller
from udaemon.policy.reasons import Reason
from udaemon.policy.stopping import condemn
from udaemon.policy.timers import Timer
from udaemon.units import seconds

_ASKED = frozenset({"tcp", "http", "exec", "file"})
"""The ways in which somebody has to ask; in the others time tells, or the process itself."""


def asked(instance: Instance) -> Mapping[Question, Probe]:
    """What is to be asked of the process that lives now."""
    daemon = instance.daemon
    there = instance.pid is not None and instance.state in (State.STARTING, State.RUNNING)
    if not there or instance.leaving or not (instance.probed.begun or instance.state is State.RUNNING):
        return {}
    found: dict[Question, Probe] = {}
    if way(daemon.ready) in _ASKED:
        found[Question.READY] = daemon.ready
    if way(daemon.health) in _ASKED and instance.state is State.RUNNING:
        found[Question.HEALTH] = daemon.health
    return found


def begin(instance: Instance, now: float) -> Instance:
    """Its process does what it is for: it is ready, or is asked from now on whether it is."""
    instance = bounds.begin(instance, now)
    ready, how = instance.daemon.ready, way(instance.daemon.ready)
    by_itself = _teller(instance, Question.READY)
    if (how is None and by_itself is None) or (by_itself is not None and instance.probed.heard is not None):
        return _running(instance, now, instance.daemon.health.delay)
    until = ready.uptime if how == "uptime" and ready.uptime is not None else ready.within
    begun = attrs.evolve(instance.probed, begun=True)
    return evolve(instance, state=State.STARTING, probed=begun, timers=instance.timers.set(Timer.READY, now + until))


def due(instance: Instance, timer: Timer, now: float) -> Outcome:
    """The moment has come at which it is ready by its uptime, has failed to become so, or has been silent too long."""
    ready, waits = instance.daemon.ready, evolve(instance, timers=instance.timers.clear(timer))
    if timer is Timer.WATCHDOG:
        what = "WATCHDOG=1" if way(instance.daemon.health) == "notify" else "line that says that it is well"
        return _health(waits, ok=False, reason=f"no {what} for {seconds(_silence(instance))}", now=now)
    if instance.state is not State.STARTING:
        return waits, ()
    if way(ready) == "uptime":
        return _running(waits, now, instance.daemon.health.delay), (
            Publish(EventName.READY, f"is up for {seconds(ready.uptime or 0)}"),
        )
    why = f": {instance.probed.unready}" if instance.probed.unready else ""
    return condemn(waits, Reason.UNREADY, f"not ready within {seconds(ready.within)}{why}", now)


def answered(instance: Instance, event: Verdict, now: float) -> Outcome:
    """Take a verdict on the process that lives; one on another is late."""
    if event.pid != instance.pid or event.question not in asked(instance):
        return instance, ()
    if event.question is Question.READY:
        return _ready(instance, ok=event.ok, reason=event.reason, now=now)
    return _health(instance, ok=event.ok, reason=event.reason, now=now)


def notified(instance: Instance, event: Notified, now: float) -> Outcome:
    """Take what a process says of itself, as far as it is to be believed in that."""
    if instance.pid is None:
        return instance, ()
    notifies: Instance = instance
    effects: tuple[Effect, ...] = ()
    if event.status is not None:
        notifies = evolve(notifies, probed=attrs.evolve(notifies.probed, status=event.status or None))
    if event.ready:
        says = Said(Teller.NOTIFY, Question.READY, ok=True, reason="says READY=1")
        notifies, effects = said(notifies, says, now)
    if event.watchdog:
        says = Said(Teller.NOTIFY, Question.HEALTH, ok=True, reason="says WATCHDOG=1")
        notifies, more = said(notifies, says, now)
        effects = (*effects, *more)
    return notifies, effects


def said(instance: Instance, event: Said, now: float) -> Outcome:
    """Take what a process says of itself where it is to be told by that, and by nothing else."""
    if event.teller is not _teller(instance, event.question) or instance.leaving:
        return instance, ()
    there = instance.pid is not None
    if event.question is Question.HEALTH:
        if not there or instance.state is not State.RUNNING:
            probed = attrs.evolve(instance.probed, well=event.ok and there and instance.state is State.STARTING)
            return evolve(instance, probed=probed), ()
        well, effects = _health(instance, ok=event.ok, reason=event.reason, now=now)
        return (_running(well, now) if event.ok else well), effects
    if event.teller is Teller.LOG_LINE and instance.state is State.RUNNING:
        return instance, ()  # it is ready once and for all; another logger has begun to look for it again
    if there and (instance.state is State.RUNNING or (instance.state is State.STARTING and instance.probed.begun)):
        return _ready(instance, ok=event.ok, reason=event.reason, now=now)
    if instance.state is State.STARTING and event.ok:  # a line may be read before its process is known
        return evolve(instance, probed=attrs.evolve(instance.probed, heard=event.reason)), ()
    return instance, ()


def built(instance: Instance, event: Ready) -> Instance:
    """Its task is there, and may have methods that are asked between its runs."""
    if not event.methods:
        return instance
    return evolve(instance, probed=attrs.evolve(instance.probed, methods=event.methods))


def changed(instance: Instance, before: Daemon, now: float) -> Instance:
    """Its declaration was another before: what one that runs has to say from now on, it has the time for."""
    if instance.state is not State.RUNNING or before.health == instance.daemon.health:
        return instance
    if _teller(instance, Question.HEALTH) is Teller.TASK:
        return instance  # it was told by what numbers it is asked when it was started
    probed = attrs.evolve(instance.probed, well=False, unwell=None)
    return _running(evolve(instance, probed=probed, timers=instance.timers.clear(Timer.WATCHDOG)), now)


def _teller(instance: Instance, question: Question) -> Teller | None:
    """By what it says the answer itself; None where it is asked, or time tells."""
    how = way(instance.daemon.ready if question is Question.READY else instance.daemon.health)
    if how is None:
        return Teller.TASK if question in instance.probed.methods else None
    return next((teller for teller in Teller if teller == how), None)


def health(instance: Instance) -> str:
    """`unknown ok failing unready`, as the contract has it."""
    if instance.pid is None or instance.state is not State.RUNNING:
        return "unknown"
    probed = instance.probed
    if probed.unwell is not None:
        return "failing"
    if probed.unready is not None:
        return "unready"
    if probed.well:
        return "ok"
    is_asked = [_is_asked(instance, question) for question in Question]
    return "ok" if is_asked == [True, False] else "unknown"


def _is_asked(instance: Instance, question: Question) -> bool:
    probe = instance.daemon.ready if question is Question.READY else instance.daemon.health
    return way(probe) is not None or _teller(instance, question) is not None


def _running(instance: Instance, now: float, delay: float = 0.0) -> Instance:
    """It is ready; one that has to say that it is well has the time for that from now on."""
    runs = evolve(instance, state=State.RUNNING)
    if _teller(instance, Question.HEALTH) not in (Teller.NOTIFY, Teller.LOG_LINE):
        return runs
    return evolve(runs, timers=runs.timers.set(Timer.WATCHDOG, now + delay + _silence(instance)))


def _silence(instance: Instance) -> float:
    """How long one that has to say that it is well may say nothing."""
    health = instance.daemon.health
    return health.period * health.failures


def _ready(instance: Instance, *, ok: bool, reason: str, now: float) -> Outcome:
    probed = attrs.evolve(instance.probed, unready=None if ok else reason)
    told = evolve(instance, probed=probed)
    if instance.state is State.STARTING:
        if not ok:
            return evolve(told, message=f"not ready yet: {reason}"), ()
        ready = evolve(told, timers=told.timers.clear(Timer.READY), message=None)
        return _running(ready, now, instance.daemon.health.delay), (Publish(EventName.READY, reason),)
    if ok == (instance.probed.unready is None):
        return told, ()
    if ok:
        return evolve(told, message=None), (Publish(EventName.READY, f"is ready again: {reason}"),)
    return evolve(told, message=f"unready: {reason}"), (Publish(EventName.UNREADY, reason),)


def _health(instance: Instance, *, ok: bool, reason: str, now: float) -> Outcome:
    before = instance.probed
    told = evolve(instance, probed=attrs.evolve(before, well=ok, unwell=None if ok else reason))
    if ok:
        if before.unwell is None:
            return told, ()
        return evolve(told, message=None), (Publish(EventName.HEALTHY, reason),)
    if instance.daemon.health.action is Action.RESTART:
        return condemn(told, Reason.UNHEALTHY, f"unhealthy: {reason}", now)
    marked = evolve(told, message=f"unhealthy: {reason}")
    return marked, (Publish(EventName.FAILING, reason),) if before.unwell is None else ()
