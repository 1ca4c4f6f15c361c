"""When an instance that was asked to start or to stop has settled, and the message about it.

Knows no clock and no client: pure judgements of an instance as it is.
"""

from __future__ import annotations

from udaemon.control.host import InstanceView
from udaemon.control.wait import Outcome, why_pending
from udaemon.manifest.model import Restart
from udaemon.manifest.probes import way
from udaemon.manifest.secrets import masked_text
from udaemon.policy import wording
from udaemon.policy.instance import Instance, State, Wanted
from udaemon.policy.reasons import Reason
from udaemon.policy.runs import has_runs
from udaemon.policy.timetable import runs_on_start
from udaemon.units import length


def started(view: InstanceView, *, done: str) -> Outcome | None:
    """Settled after a start: it runs, it rests, or it crashed and waits. `done` is the word for success."""
    instance = view.instance
    match instance.state:
        case State.STARTING if instance.held_up:
            return Outcome(ok=False, message=f"is held up as pid {instance.pid}: {instance.message}")
        case State.WAITING | State.RUNNING if instance.daemon.is_scheduled and not instance.held_back:
            return Outcome(ok=True, message="runs on its schedule")  # in a run or between two: chance
        case State.RUNNING:
            return Outcome(ok=True, message=f"{done} as pid {instance.pid}")
        case State.EXITED:
            return Outcome(ok=True, message=f"started and ended: {why_ended(instance)}")
        case State.FAILED if instance.unkillable:
            return Outcome(ok=False, message=f"not started: {wording.pids(instance.unkillable)} cannot be killed")
        case State.FAILED:
            return Outcome(ok=False, message=f"failed: {why_ended(instance)}")
        case State.BACKOFF:
            return Outcome(ok=False, message=f"did not stay up and is tried again: {why_ended(instance)}")
        case State.WAITING if instance.held_back and instance.missing is not None and instance.missing.cause:
            return Outcome(ok=False, message=f"not started: {instance.message}")
        case _ if _waits_for_lock(instance):
            return Outcome(ok=True, message=f"is {instance.message}")
        case State.DISABLED:
            return Outcome(ok=False, message="not started: it is disabled in the manifest")
        case State.STOPPED:
            why = "it was asked to stop meanwhile" if instance.wanted is Wanted.DOWN else why_ended(instance)
            return Outcome(ok=False, message=f"not started: {why}")
        case _:
            return None


def up(view: InstanceView) -> Outcome | None:
    """Settled when it is there for what it is for: `up --wait`.

    A service is ready, a command that nobody starts again has ended well, and what has runs has had a good one, where
    the first is due at its start. One that crashed and is tried again may still get there, but a scheduled command
    whose first run failed has no other one before that is due. Who still waits for a lock is not there.
    """
    instance = view.instance
    outcome = started(view, done="started")
    if instance.state is State.BACKOFF or (_waits_for_lock(instance) and (not has_runs(instance) or _lacks(view))):
        return None
    if outcome is None or not outcome.ok or instance.at_rest or not _lacks(view):
        return outcome
    if instance.state is State.WAITING and instance.message:
        return Outcome(ok=False, message=f"had no good run: {instance.message}")
    return None


def _waits_for_lock(instance: Instance) -> bool:
    return instance.state is State.WAITING and instance.place > 0 and instance.turn.locked


def why_not_up(view: InstanceView) -> str:
    """What one that is not up lacks, in words that follow its name."""
    pending = why_pending(view.instance)
    lacks = (
        _lacks(view) if view.instance.state in (State.RUNNING, State.WAITING) and not view.instance.held_back else ""
    )
    error = f": {masked_text(view.last_error)}" if lacks and view.last_error and not view.instance.message else ""
    return f"{pending}, {lacks}{error}" if lacks else pending


def _lacks(view: InstanceView) -> str:
    """What one that is ready has not done yet; empty where that is all it is for."""
    instance, daemon = view.instance, view.daemon
    if has_runs(instance):
        if instance.good_run or instance.paused or not runs_on_start(daemon) or way(daemon.ready) is not None:
            return ""
        return "and has had no good run yet"
    return "and has not ended yet" if daemon.restart is Restart.NEVER else ""


def stopped(view: InstanceView, before: Instance) -> Outcome | None:
    """Settled after a stop: nothing of it lives, or what lives cannot be killed, or somebody wants it up again.

    Args:
        view: The instance as it is.
        before: The instance when it was asked.
    """
    instance = view.instance
    if instance.unkillable:
        return Outcome(ok=False, message=f"cannot be killed: {wording.pids(instance.unkillable)} lives on")
    if instance.wanted is Wanted.UP:
        return Outcome(ok=False, message="was asked to start again meanwhile")
    if not instance.at_rest:
        return None
    if before.state is State.BACKOFF:
        return Outcome(ok=True, message="stopped (was waiting to be started again)")
    if before.held_back:
        return Outcome(ok=True, message=f"stopped (was {before.message})")
    if before.at_rest:
        return Outcome(ok=True, message=f"was not running ({before.state})")
    ran = ""
    if before.started_at is not None and before.pid is not None and instance.exit is not None:
        ran = f" (was running {length(instance.exit.at - before.started_at)})"
    killed = instance.exit.signal if instance.exit is not None and instance.exit.reason is Reason.KILLED else None
    how = "" if killed is None else f" by {wording.signal_name(killed)}"
    return Outcome(ok=True, message=f"stopped{how}{ran}")


def why_ended(instance: Instance) -> str:
    """Why one that does not run any more does not: its message, or how its process ended."""
    if instance.message:
        return instance.message
    return wording.ending(instance.exit) if instance.exit is not None else instance.state.value
