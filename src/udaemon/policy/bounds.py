"""How long a run may take: when to look at the one under way, and what becomes of an instance whose run takes longer.

Knows no clock and no scoreboard: what stands there comes with the event. A run does not tell when it begins, as that
would cost each one a system call; so what is waited for is the moment at which it would be too long.
"""

from __future__ import annotations

from udaemon.manifest.evolving import evolve
from udaemon.policy.effects import Effect, Signal
from udaemon.policy.ending import Outcome
from udaemon.policy.events import RunSeen
from udaemon.policy.instance import Instance, State
from udaemon.policy.plan import has_task
from udaemon.policy.reasons import Reason
from udaemon.policy.stopping import condemn
from udaemon.policy.timers import Timer
from udaemon.units import seconds

STACK_SIGNAL = "RTMAX"
"""The signal at which a task's process writes its Python stack to its log; see `child/fresh.py`."""


def armed(instance: Instance, at: float) -> Instance:
    """Have it looked at its runs from a moment on, if they have a bound."""
    if not _is_bounded(instance):
        return evolve(instance, timers=instance.timers.clear(Timer.RUN))
    return evolve(instance, timers=instance.timers.set(Timer.RUN, at))


def begin(instance: Instance, now: float) -> Instance:
    """Its process does what it is for: a run may begin at any moment."""
    timeout = instance.daemon.task_timeout
    return instance if timeout is None or not _is_bounded(instance) else armed(instance, now + timeout)


def changed(instance: Instance, before: Instance, now: float) -> Instance:
    """Go by another bound from now on, for the run under way too."""
    there = instance.pid is not None and instance.state in (State.STARTING, State.RUNNING) and not instance.leaving
    other = instance.daemon.task_timeout != before.daemon.task_timeout
    return armed(instance, now) if there and other else instance


def look(instance: Instance, seen: RunSeen | None, now: float) -> Outcome:
    """A run may have taken too long by now."""
    waits, timeout = evolve(instance, timers=instance.timers.clear(Timer.RUN)), instance.daemon.task_timeout
    if timeout is None or instance.pid is None or instance.state not in (State.STARTING, State.RUNNING):
        return waits, ()
    if seen is not None and seen.pid != instance.pid:
        seen = None  # its process has written nothing yet
    began = None if seen is None else seen.began
    if instance.daemon.is_scheduled:
        began = instance.started_at
    if began is None:
        due = now if seen is None or seen.due is None else max(now, seen.due)
        return armed(waits, due + timeout), ()
    if began + timeout > now:
        return armed(waits, began + timeout), ()
    number = "" if seen is None else f" {seen.number}"
    ends, effects = condemn(waits, Reason.TIMEOUT, f"run{number} has taken longer than {seconds(timeout)}", now)
    stack: tuple[Effect, ...] = (Signal(STACK_SIGNAL),) if has_task(instance.daemon) else ()
    return ends, (*stack, *effects)


def _is_bounded(instance: Instance) -> bool:
    return instance.daemon.task_timeout is not None and (has_task(instance.daemon) or instance.daemon.is_scheduled)
