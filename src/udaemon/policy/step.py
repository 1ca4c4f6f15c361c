"""The life of one instance: every event in every state, and what must be done about it.

Knows no clock, process or file. `step` is a pure function; an instance waits for at most one moment, and two things
are kept apart: what it is (`state`) and what the operator wants (`wanted`).

    resting (stopped, exited, failed)  --start-->  starting  --spawned, ready-->  running
    starting, running  --stop-->  stopping  --exited, tree gone-->  stopped, or starting again
    starting, running  --exited-->  starting again | backoff | exited | failed
    backoff  --deadline-->  starting        backoff  --stop-->  stopped

A failed start is told apart by what failed: the declaration (failed at once), the system (retried for ever), or the
process itself (a crash, counted). Ends, their survivors and what follows from them are in `ending.py`.
"""

from __future__ import annotations

from attrs import evolve

from udaemon.policy import restart, wording
from udaemon.policy.effects import Effect, KillTree, Signal, Tell, Word
from udaemon.policy.ending import begin, on_exited, on_tree_gone, settle
from udaemon.policy.events import (
    DeadlineReached,
    Event,
    Exited,
    Ready,
    RestartAsked,
    Spawned,
    SpawnFailed,
    StartAsked,
    StopAsked,
    TreeGone,
    Trouble,
)
from udaemon.policy.instance import Instance, State, Wanted

Outcome = tuple[Instance, tuple[Effect, ...]]

KILL_GRACE = 5.0
"""Seconds after KILL in which a process must be gone; what stays longer sits in the kernel and is called unkillable."""


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
            return _start(instance)
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
        case Exited():
            return on_exited(instance, event, now, jitter, KILL_GRACE)
        case TreeGone():
            return on_tree_gone(instance, now, jitter)
        case DeadlineReached():
            return _deadline(instance, now)


def _start(instance: Instance) -> Outcome:
    if instance.state is State.DISABLED:
        return instance, (Tell(Word.REFUSED, "is disabled in the manifest"),)
    if instance.pid is not None and instance.state is State.FAILED:
        return instance, (Tell(Word.REFUSED, f"its old process {instance.pid} cannot be killed"),)
    wanted = evolve(instance, wanted=Wanted.UP)
    if instance.at_rest or instance.state is State.BACKOFF:
        return begin(evolve(wanted, crashes=0, refusals=0, attempts=(), automatic=False))
    if instance.state is State.STOPPING and instance.asked:
        return evolve(wanted, again=True), ()
    return wanted, ()


def _restart(instance: Instance, now: float) -> Outcome:
    if instance.state is State.RUNNING or (instance.state is State.STARTING and instance.pid is not None):
        return _end(evolve(instance, wanted=Wanted.UP, again=True), StopAsked(), now)
    return _start(instance)


def _stop(instance: Instance, event: StopAsked, now: float) -> Outcome:
    down = evolve(instance, wanted=Wanted.DOWN, again=False)
    match instance.state:
        case State.STARTING | State.RUNNING:
            return _end(down, event, now)
        case State.STOPPING:
            return _hurry(evolve(down, asked=True), event, now)
        case State.BACKOFF:
            return evolve(down, state=State.STOPPED, deadline=None, automatic=False), (
                Tell(Word.STOPPED, "was waiting to be started again"),
            )
        case _:
            return down, ()


def _end(instance: Instance, event: StopAsked, now: float) -> Outcome:
    """Begin to stop a process that lives, or one whose birth is not told yet: then `_spawned` goes on."""
    stopping = evolve(instance, state=State.STOPPING, asked=True, killing=event.hurry, message=None)
    stop = instance.daemon.stop
    timeout = stop.timeout if event.timeout is None else event.timeout
    if instance.pid is None:
        return evolve(stopping, deadline=None), ()
    if event.hurry:
        killing = evolve(stopping, deadline=now + KILL_GRACE)
        return killing, (KillTree(), Tell(Word.KILLING, "killed at once, as asked"))
    told = Tell(Word.STOPPING, f"sent SIG{stop.signal}, will be killed {wording.seconds(timeout)}")
    return evolve(stopping, deadline=now + timeout), (Signal(stop.signal), told)


def _hurry(instance: Instance, event: StopAsked, now: float) -> Outcome:
    """A second stop: kill now if asked to, or move the kill nearer, never farther away."""
    if event.hurry and not instance.killing:
        hurried = evolve(instance, killing=True, deadline=now + KILL_GRACE if instance.pid else None)
        effects = (KillTree(), Tell(Word.KILLING, "killed at once, as asked")) if instance.pid else ()
        return hurried, effects
    if event.timeout is not None and instance.deadline is not None and not instance.killing:
        return evolve(instance, deadline=min(instance.deadline, now + event.timeout)), ()
    return instance, ()


def _spawned(instance: Instance, pid: int, now: float) -> Outcome:
    restarts = instance.restarts + instance.automatic
    alive = evolve(instance, pid=pid, started_at=now, restarts=restarts, automatic=False, refusals=0, message=None)
    told = Tell(Word.STARTED, f"started as pid {pid}")
    if instance.state is State.STOPPING:
        stopped, effects = _end(alive, StopAsked(hurry=instance.killing), now)
        return stopped, (told, *effects)
    if instance.daemon.command is not None:
        return evolve(alive, state=State.RUNNING), (told,)
    return alive, (told,)


def _ready(instance: Instance) -> Outcome:
    if instance.state is not State.STARTING or instance.pid is None:
        return instance, ()
    return evolve(instance, state=State.RUNNING), (Tell(Word.READY, "its task is built"),)


def _spawn_failed(instance: Instance, event: SpawnFailed, now: float, jitter: float) -> Outcome:
    if instance.state is State.STOPPING:
        return settle(evolve(instance, message=event.message), now, jitter)
    if event.trouble is Trouble.CONFIG:
        failed = evolve(instance, state=State.FAILED, message=event.message, automatic=False)
        return failed, (Tell(Word.FAILED, event.message),)
    refusals = instance.refusals + 1
    wait = restart.refused_delay(refusals, jitter)
    waiting = evolve(instance, state=State.BACKOFF, deadline=now + wait, refusals=refusals, message=event.message)
    return waiting, (Tell(Word.REFUSED, f"{event.message}; tried again {wording.seconds(wait)}"),)


def _deadline(instance: Instance, now: float) -> Outcome:
    if instance.state is State.BACKOFF:
        return begin(instance)
    if instance.state is not State.STOPPING:
        return evolve(instance, deadline=None), ()
    if not instance.killing:
        killing = evolve(instance, killing=True, deadline=now + KILL_GRACE)
        return killing, (KillTree(), Tell(Word.KILLING, "did not stop in time, killed"))
    left = instance.survivors or ((instance.pid,) if instance.pid is not None else ())
    message = f"cannot be killed: {wording.pids(left)} stays in the kernel"
    stuck = evolve(instance, state=State.FAILED, deadline=None, again=False, message=message)
    return stuck, (Tell(Word.FAILED, message),)
