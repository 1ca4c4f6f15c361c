"""The life of one instance: every event in every state, and what must be done about it.

Knows no clock, process or file. `step` is a pure function; an instance waits for at most one moment, and two things
are kept apart: what it is (`state`) and what the operator wants (`wanted`).

    resting (stopped, exited, failed)  --start-->  starting  --spawned, ready-->  running
    starting, running  --stop, restart-->  stopping  --exited, tree gone-->  stopped, or starting again
    starting, running  --exited-->  starting again | backoff | exited | failed
    backoff  --deadline-->  starting        backoff  --stop-->  stopped

An event that does not belong to the state (an answer that comes twice, a deadline that was moved) changes nothing.
A failed start is told apart by what failed: the declaration (failed at once), the system (retried for ever), or the
process itself (a crash, counted). Ends, their survivors and what follows from them are in `ending.py`.
"""

from __future__ import annotations

from attrs import evolve

from udaemon.policy import restart, wording
from udaemon.policy.effects import CancelSpawn, Effect, EventName, KillTree, Publish, Signal, SignalTree
from udaemon.policy.ending import KILL_GRACE, Outcome, begin, on_exited, on_tree_gone, settle_at, start
from udaemon.policy.events import (
    DeadlineReached,
    Event,
    Exited,
    Leaving,
    Ready,
    Reason,
    RestartAsked,
    Spawned,
    SpawnFailed,
    StartAsked,
    StopAsked,
    TreeGone,
    Trouble,
)
from udaemon.policy.instance import Exit, Instance, State, Wanted


def step(instance: Instance, event: Event, now: float, jitter: float = 0.0) -> Outcome:
    """What becomes of an instance, and what to do about it.

    Args:
        instance: What it is now.
        event: What happened to it.
        now: Monotonic seconds.
        jitter: From -1 to 1, for the length of a wait.
    """
    match event:
        case StartAsked():
            return _start(instance, now)
        case StopAsked():
            return _stop(instance, event, now)
        case RestartAsked():
            return _restart(instance, now)
        case Spawned(pid):
            return _spawned(instance, pid, now)
        case SpawnFailed():
            return _spawn_failed(instance, event, now, jitter)
        case Ready():
            return _ready(instance)
        case Leaving():
            return _leaving(instance, now)
        case Exited():
            return on_exited(instance, event, now, jitter)
        case TreeGone():
            return on_tree_gone(instance, now, jitter)
        case DeadlineReached():
            return _deadline(instance, now)


def _start(instance: Instance, now: float) -> Outcome:
    if instance.state is State.DISABLED:
        return instance, (Publish(EventName.REFUSED, "is disabled in the manifest"),)
    if instance.unkillable:
        return instance, (Publish(EventName.REFUSED, f"old {wording.pids(instance.unkillable)} cannot be killed"),)
    up = evolve(_forgiven(instance), wanted=Wanted.UP)
    if up.at_rest or up.state is State.BACKOFF:
        return start(up)
    if up.state is State.STOPPING and up.is_spawning:
        return evolve(up, state=State.STARTING, deadline=None, asked_at=None, killing=False), ()
    if up.state is State.STOPPING and up.asked_at is None:
        return evolve(up, asked_at=now), ()
    return up, ()


def _restart(instance: Instance, now: float) -> Outcome:
    if instance.pid is not None and instance.state in (State.STARTING, State.RUNNING):
        return _end(_forgiven(instance), StopAsked(), now)
    return _start(instance, now)


def _forgiven(instance: Instance) -> Instance:
    """Whoever asks for a start or restart, in whatever state, wants it tried as if for the first time."""
    return evolve(instance, crashes=0, refusals=0, attempts=())


def _stop(instance: Instance, event: StopAsked, now: float) -> Outcome:
    down = evolve(instance, wanted=Wanted.DOWN)
    match instance.state:
        case State.STARTING | State.RUNNING:
            return _end(down, event, now)
        case State.STOPPING:
            return _hurry(down, event, now)
        case State.BACKOFF:
            stopped = evolve(settle_at(down, State.STOPPED), message=None)
            return stopped, (Publish(EventName.STOPPED, "was waiting to be started again"),)
        case _:
            return down, ()


def _end(instance: Instance, event: StopAsked, now: float) -> Outcome:
    """Begin a stop. The time for it runs from here, also when the process is not there yet."""
    timeout = instance.daemon.stop.timeout if event.timeout is None else event.timeout
    stopping = evolve(instance, state=State.STOPPING, asked_at=now, deadline=now + timeout, message=None)
    if event.hurry:
        killing, effects = _kill(stopping, "killed at once, as asked", now)
        return killing, effects or (CancelSpawn(),)
    return stopping, ((CancelSpawn(),) if stopping.is_spawning else _farewell(stopping, timeout))


def _farewell(instance: Instance, timeout: float) -> tuple[Effect, ...]:
    """Ask it to end. A shell passes no signal on, so that where we put it there its whole group is asked."""
    name = instance.daemon.stop.signal
    whole = instance.daemon.shell and instance.daemon.stop.kill_tree
    told = Publish(EventName.STOPPING, f"sent SIG{name}, will be killed {wording.wait(timeout)}")
    return SignalTree(name) if whole else Signal(name), told


def _hurry(instance: Instance, event: StopAsked, now: float) -> Outcome:
    """A second stop: kill now if asked to, or move the kill nearer, never farther away."""
    if instance.killing:
        return instance, ()
    if event.hurry:
        return _kill(instance, "killed at once, as asked", now)
    if event.timeout is None or instance.deadline is None:
        return instance, ()
    return evolve(instance, deadline=min(instance.deadline, now + event.timeout)), ()


def _kill(instance: Instance, message: str, now: float) -> Outcome:
    """Kill the tree, or have it killed at birth: until then there is nothing to wait for but the engine's answer."""
    if instance.is_spawning:
        return evolve(instance, killing=True, deadline=None), ()
    killing = evolve(instance, killing=True, deadline=now + KILL_GRACE, message=instance.message or message)
    return killing, (KillTree(), Publish(EventName.KILLING, message))


def _spawned(instance: Instance, pid: int, now: float) -> Outcome:
    if not instance.is_spawning:
        return instance, ()
    restarts = instance.restarts + instance.automatic
    alive = evolve(instance, pid=pid, started_at=now, restarts=restarts, automatic=False, refusals=0, message=None)
    told = Publish(EventName.STARTED, f"pid {pid}")
    if alive.state is State.STOPPING:
        if alive.deadline is not None:
            return alive, (told, *_farewell(alive, alive.deadline - now))
        killing, effects = _kill(alive, "killed as soon as it was there", now)
        return killing, (told, *effects)
    return evolve(alive, state=State.RUNNING if alive.daemon.command else State.STARTING), (told,)


def _ready(instance: Instance) -> Outcome:
    if instance.state is not State.STARTING or instance.pid is None:
        return instance, ()
    return evolve(instance, state=State.RUNNING), (Publish(EventName.READY, "its task is built"),)


def _leaving(instance: Instance, now: float) -> Outcome:
    """What it left running has the time of a stop to end, as the process waits for that."""
    if instance.pid is None or instance.leaving:
        return instance, ()
    leaving = evolve(instance, leaving=True)
    if instance.state in (State.STARTING, State.RUNNING):
        leaving = evolve(leaving, deadline=now + instance.daemon.stop.timeout)
    return leaving, ()


def _spawn_failed(instance: Instance, event: SpawnFailed, now: float, jitter: float) -> Outcome:
    if not instance.is_spawning:
        return instance, ()
    if instance.state is State.STOPPING:
        return settle_at(instance, State.STOPPED), (Publish(EventName.STOPPED, f"it had not started: {event.message}"),)
    if event.trouble is Trouble.CONFIG:
        cause = Exit(code=None, signal=None, core=False, reason=Reason.CONFIG, at=now)
        failed = evolve(settle_at(instance, State.FAILED), exit=cause, message=event.message)
        return failed, (Publish(EventName.FAILED, event.message),)
    refusals = instance.refusals + 1
    delay = restart.refused_delay(refusals, jitter)
    waiting = evolve(instance, state=State.BACKOFF, deadline=now + delay, refusals=refusals, message=event.message)
    if refusals & (refusals - 1):  # told the 1st, 2nd, 4th, 8th … time: it may go on for hours, for a thousand daemons
        return waiting, ()
    return waiting, (Publish(EventName.REFUSED, f"{event.message}; tried again {wording.wait(delay)}"),)


def _deadline(instance: Instance, now: float) -> Outcome:
    if instance.deadline is None or now < instance.deadline:
        return instance, ()
    if instance.state is State.BACKOFF:
        return begin(instance)
    if not instance.killing and instance.state in (State.STARTING, State.RUNNING):
        timeout = wording.seconds(instance.daemon.stop.timeout)
        killing, effects = _kill(instance, f"killed: something it left running kept it for {timeout}", now)
        return evolve(killing, message=instance.message), effects
    if not instance.killing:
        return _kill(instance, _overdue(instance, now), now)
    return _give_up_on(instance, now)


def _overdue(instance: Instance, now: float) -> str:
    """Why it is killed: it was asked to end, by the operator or when its leader had ended, and the time is over."""
    asked = [] if instance.asked_at is None else [instance.asked_at]
    if not instance.survivors or instance.exit is None:
        return f"killed after {wording.seconds(now - min(asked, default=now))}"
    since = min([instance.exit.at, *asked])
    return f"what it left behind was killed after {wording.seconds(now - since)}"


def _give_up_on(instance: Instance, now: float) -> Outcome:
    """KILL did not help. `wanted` and `asked_at` stay, so that life goes on from here if the kernel lets go of it."""
    failed = evolve(instance, state=State.FAILED, deadline=None)
    message = f"cannot be killed: {wording.pids(failed.unkillable)}"
    if failed.pid is not None:
        failed = evolve(failed, exit=Exit(code=None, signal=None, core=False, reason=Reason.UNKILLABLE, at=now))
    return evolve(failed, message=message), (Publish(EventName.FAILED, message),)
