"""What is asked of an instance's process, and what becomes of it by the answers: ready, unready, well, failing.

Knows no clock and asks nobody; when an answer counts is `thresholds.py`'s. The meaning is that of Kubernetes: a daemon
that is ready no longer is left alone, one that is not well is restarted, unless it is only to be marked.
"""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from udaemon.manifest.probes import Action, Probe, way
from udaemon.policy import bounds
from udaemon.policy.effects import Effect, EventName, Publish
from udaemon.policy.ending import Outcome
from udaemon.policy.events import Notified, Question, Reason, Verdict
from udaemon.policy.instance import Instance, State, evolve
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
    instance, ready = bounds.begin(instance, now), instance.daemon.ready
    if (how := way(ready)) is None:
        return _running(instance, now, instance.daemon.health.delay)
    until = ready.uptime if how == "uptime" and ready.uptime is not None else ready.within
    begun = attrs.evolve(instance.probed, begun=True)
    return evolve(instance, state=State.STARTING, probed=begun, timers=instance.timers.set(Timer.READY, now + until))


def due(instance: Instance, timer: Timer, now: float) -> Outcome:
    """The moment has come at which it is ready by its uptime, has failed to become so, or has been silent too long."""
    ready, waits = instance.daemon.ready, evolve(instance, timers=instance.timers.clear(timer))
    if timer is Timer.WATCHDOG:
        return _health(waits, ok=False, reason=f"no WATCHDOG=1 for {seconds(_silence(instance))}", now=now)
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
        return _ready(instance, event, now)
    return _health(instance, ok=event.ok, reason=event.reason, now=now)


def notified(instance: Instance, event: Notified, now: float) -> Outcome:
    """Take what a process says of itself, as far as it is to be believed in that."""
    if instance.pid is None:
        return instance, ()
    said: Instance = instance
    effects: tuple[Effect, ...] = ()
    if event.status is not None:
        said = evolve(said, probed=attrs.evolve(said.probed, status=event.status or None))
    if event.ready and said.state is State.STARTING and way(said.daemon.ready) == "notify":
        said, effects = _ready(said, Verdict(Question.READY, instance.pid, ok=True, reason="says READY=1"), now)
    if event.watchdog and said.state is State.RUNNING and way(said.daemon.health) == "notify":
        well, more = _health(said, ok=True, reason="says WATCHDOG=1", now=now)
        said, effects = _running(well, now), (*effects, *more)
    return said, effects


def health(instance: Instance) -> str:
    """`unknown ok failing unready`, as the contract has it."""
    if instance.pid is None or instance.state is not State.RUNNING:
        return "unknown"
    probed, how = instance.probed, way(instance.daemon.ready)
    if probed.unwell is not None:
        return "failing"
    if probed.unready is not None:
        return "unready"
    return "ok" if probed.well or (how is not None and way(instance.daemon.health) is None) else "unknown"


def _running(instance: Instance, now: float, delay: float = 0.0) -> Instance:
    """It is ready; one that has to say that it is well has the time for that from now on."""
    runs = evolve(instance, state=State.RUNNING)
    if way(instance.daemon.health) != "notify":
        return runs
    return evolve(runs, timers=runs.timers.set(Timer.WATCHDOG, now + delay + _silence(instance)))


def _silence(instance: Instance) -> float:
    """How long one that has to say that it is well may say nothing."""
    health = instance.daemon.health
    return health.period * health.failures


def _ready(instance: Instance, event: Verdict, now: float) -> Outcome:
    probed = attrs.evolve(instance.probed, unready=None if event.ok else event.reason)
    told = evolve(instance, probed=probed)
    if instance.state is State.STARTING:
        if not event.ok:
            return evolve(told, message=f"not ready yet: {event.reason}"), ()
        ready = evolve(told, timers=told.timers.clear(Timer.READY), message=None)
        return _running(ready, now, instance.daemon.health.delay), (Publish(EventName.READY, event.reason),)
    if event.ok == (instance.probed.unready is None):
        return told, ()
    if event.ok:
        return evolve(told, message=None), (Publish(EventName.READY, f"is ready again: {event.reason}"),)
    return evolve(told, message=f"unready: {event.reason}"), (Publish(EventName.UNREADY, event.reason),)


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
