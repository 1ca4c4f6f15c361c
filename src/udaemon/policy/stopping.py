"""A stop: the process is asked to end, killed when its time is over, and given up when that does not help.

Knows no clock, process or file; `step.py` has the table this is a part of. What follows from the end is in `ending.py`.
"""

from __future__ import annotations

import os.path

from udaemon.manifest.evolving import evolve
from udaemon.policy import steps, wording
from udaemon.policy.effects import CancelSpawn, Effect, EventName, KillTree, Publish, Signal, SignalTree, StopCommand
from udaemon.policy.ending import KILL_GRACE, Outcome, settle_at
from udaemon.policy.events import StopAhead, StopAsked, StopCommandFailed
from udaemon.policy.instance import Exit, Instance, State, Wanted
from udaemon.policy.plan import has_task
from udaemon.policy.reasons import Reason
from udaemon.policy.timers import NO_TIMERS, Timer
from udaemon.units import seconds

_AFTER_RUN = Publish(EventName.STOPPING, "is declared no more: stops after its run")

_CONDEMNED = {
    Reason.UNREADY: EventName.UNREADY,
    Reason.UNHEALTHY: EventName.FAILING,
    Reason.TIMEOUT: EventName.TIMED_OUT,
    Reason.CANCELLED: EventName.CANCELLED,
}


def stop(instance: Instance, event: StopAsked | StopAhead | StopCommandFailed, now: float) -> Outcome:
    """Have it down, from whatever it is now; what lives goes on until those that need it have stopped."""
    if isinstance(event, StopCommandFailed):
        return _command_failed(instance, event.message, now)
    down = evolve(instance, wanted=Wanted.DOWN)
    if isinstance(event, StopAhead):
        if instance.pid is not None or instance.survivors:
            return down, ()
        event = StopAsked()
    after_run = event.after_run and down.own_pid is not None
    match instance.state:
        case State.STARTING | State.RUNNING if after_run and has_task(down.daemon):
            return end_after_run(down, _AFTER_RUN)
        case State.STARTING | State.RUNNING if after_run and down.daemon.is_scheduled:
            return down, (_AFTER_RUN,)  # it ends by itself, and as nobody wants it up no other run follows
        case State.STARTING | State.RUNNING:
            return end(down, event, now)
        case State.STOPPING:
            return _hurry(down, event, now)
        case State.BACKOFF | State.WAITING:
            stopped = evolve(settle_at(down, State.STOPPED), message=None)
            waited = "to be started again" if down.state is State.BACKOFF else "to be run"
            told = f"was {instance.message}" if instance.held_back else f"was waiting {waited}"
            return stopped, (Publish(EventName.STOPPED, told),)
        case _:
            return down, ()


def end_after_run(instance: Instance, told: Publish) -> Outcome:
    """Have a task end when its run is over; it is asked once, as a second signal is for haste."""
    if instance.outdated or instance.leaving:
        return instance, ()
    return evolve(instance, outdated=True), (Signal(instance.daemon.stop.signal), told)


def end(instance: Instance, event: StopAsked, now: float) -> Outcome:
    """Begin a stop. The time for it runs from here, also when the process is not there yet."""
    timeout = instance.daemon.stop.timeout if event.timeout is None else event.timeout
    timers = NO_TIMERS.set(Timer.KILL, now + timeout)
    stopping = evolve(instance, state=State.STOPPING, asked_at=now, timers=timers, message=None)
    if event.hurry:
        killing, effects = kill(stopping, "killed at once, as asked", now)
        return killing, effects or (CancelSpawn(),)
    return stopping, ((CancelSpawn(),) if stopping.is_spawning else farewell(stopping, timeout))


def replace(instance: Instance, now: float, why: str, *, at_once: bool) -> Outcome:
    """Have a new process take the place of this one: a task ends after its run, however long that takes."""
    if at_once or not has_task(instance.daemon):
        return end(instance, StopAsked(), now)
    return end_after_run(instance, Publish(EventName.RESTARTING, f"{why}: starts again after its run"))


def condemn(instance: Instance, reason: Reason, message: str, now: float) -> Outcome:
    """End it for what it failed to be; what follows is what follows from a crash."""
    timeout = instance.daemon.stop.timeout
    timers = NO_TIMERS.set(Timer.KILL, now + timeout)
    ends = evolve(instance, state=State.STOPPING, condemned=reason, timers=timers, message=message)
    return ends, (Publish(_CONDEMNED[reason], message), *farewell(ends, timeout))


def farewell(instance: Instance, timeout: float, *, why: str | None = None) -> tuple[Effect, ...]:
    """Ask it to end, by its command unless that has failed: `why`, or by the signal.

    A shell passes no signal on, so that where we put it there its whole group is asked.
    """
    name = steps.SIGNAL if instance.step is not None else instance.daemon.stop.signal
    whole = instance.step is not None or (instance.daemon.shell and instance.daemon.stop.kill_tree)
    left = f"will be killed {wording.wait(timeout)}"
    told = Publish(EventName.STOPPING, f"sent SIG{name}, {left}")
    if instance.outdated:  # it had the signal, and takes a second one for haste
        return (told,)
    command = instance.daemon.stop.command
    if command is not None and instance.step is None and why is None:
        program = os.path.basename(command[0])
        return StopCommand(), Publish(EventName.STOPPING, f"its stop command runs ({program}), {left}")
    if why is not None:
        told = Publish(EventName.STOPPING, f"{why}: sent SIG{name}, {left}")
    return SignalTree(name) if whole else Signal(name), told


def _command_failed(instance: Instance, why: str, now: float) -> Outcome:
    """The signal is sent after all, where the process still lives and is not killed; the time goes on."""
    kill_at = instance.timers.at(Timer.KILL)
    if instance.state is not State.STOPPING or instance.own_pid is None or instance.killing or kill_at is None:
        return instance, ()
    return instance, farewell(instance, kill_at - now, why=f"its stop command {why}")


def _hurry(instance: Instance, event: StopAsked, now: float) -> Outcome:
    """A second stop: kill now if asked to, or move the kill nearer, never farther away."""
    if instance.killing:
        return instance, ()
    if event.hurry:
        return kill(instance, "killed at once, as asked", now)
    before = instance.timers.at(Timer.KILL)
    if event.timeout is None or before is None:
        return instance, ()
    return evolve(instance, timers=instance.timers.set(Timer.KILL, min(before, now + event.timeout))), ()


def kill(instance: Instance, message: str, now: float) -> Outcome:
    """Kill the tree, or have it killed at birth: until then there is nothing to wait for but the engine's answer."""
    if instance.is_spawning:
        return evolve(instance, killing=True, timers=NO_TIMERS), ()
    timers = NO_TIMERS.set(Timer.GIVE_UP, now + KILL_GRACE)
    killing = evolve(instance, killing=True, timers=timers, message=instance.message or message)
    return killing, (KillTree(), Publish(EventName.KILLING, message))


def overdue(instance: Instance, now: float) -> str:
    """Why it is killed: it was asked to end, by the operator or when its leader had ended, and the time is over."""
    asked = [] if instance.asked_at is None else [instance.asked_at]
    if not instance.survivors or instance.exit is None:
        return f"killed after {seconds(now - min(asked, default=now))}"
    since = min([instance.exit.at, *asked])
    return f"what it left behind was killed after {seconds(now - since)}"


def give_up_on(instance: Instance, now: float) -> Outcome:
    """KILL did not help. `wanted` and `asked_at` stay, so that life goes on from here if the kernel lets go of it."""
    failed = evolve(instance, state=State.FAILED, timers=NO_TIMERS)
    message = f"cannot be killed: {wording.pids(failed.unkillable)}"
    if failed.pid is not None:
        failed = evolve(failed, exit=Exit(code=None, signal=None, core=False, reason=Reason.UNKILLABLE, at=now))
    return evolve(failed, message=message), (Publish(EventName.FAILED, message),)
