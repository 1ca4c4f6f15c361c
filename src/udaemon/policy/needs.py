"""Whether what a daemon needs of others holds at a moment, and in which words it does not.

Knows no clock and no events: declarations and instances in, a verdict out. `order.py` asks it for all of a fleet.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from udaemon.manifest.dependencies import Condition, Dependency
from udaemon.policy import wording
from udaemon.policy.instance import Instance, Missing, State, Wanted

Group = Sequence[Instance]
"""All instances of one daemon."""


def missing(needs: Iterable[Dependency], groups: Mapping[str, Group]) -> Missing | None:
    """What of all that is needed does not hold; None where a start may begin.

    Args:
        needs: What one daemon needs.
        groups: The instances of each daemon that there is.
    """
    lacks: list[str] = []
    causes: list[str] = []
    for need in needs:
        group = groups.get(need.name, ())
        if group and holds(need.condition, group):
            continue
        cause = hopeless(need, group)
        if cause is not None and not need.required:
            continue
        lacks.append(str(need))
        if cause is not None:
            causes.append(cause)
    return Missing(", ".join(lacks), causes[0] if causes else None) if lacks else None


def holds(condition: Condition, group: Group) -> bool:
    """Whether a condition holds for all of a daemon's instances together."""
    return all(_holds(condition, instance) for instance in group)


def hopeless(need: Dependency, group: Group) -> str | None:
    """Why a condition can hold no more unless the operator does something; None while it may."""
    if not group:
        return f"there is no {need.name}"
    for instance in group:
        if not _holds(need.condition, instance) and (cause := _at_rest(instance)) is not None:
            return cause
    return None


def newest(group: Group) -> float:
    """When the youngest process of a daemon was there."""
    return max((one.started_at for one in group if one.started_at is not None), default=0.0)


def _holds(condition: Condition, instance: Instance) -> bool:
    if condition is Condition.FIRST_RUN_OK:
        return instance.good_run
    if instance.state is State.EXITED:
        return True
    if instance.daemon.is_scheduled and condition is not Condition.COMPLETED:  # between two runs it is up, too
        held_back = instance.held_back and not instance.place
        return instance.wanted is Wanted.UP and not held_back and not instance.at_rest
    if (
        condition is Condition.COMPLETED
        or instance.wanted is Wanted.DOWN
        or instance.own_pid is None
        or instance.held_up
    ):
        return False
    if condition is Condition.READY:
        return instance.state is State.RUNNING and instance.probed.unready is None
    return instance.state in (State.STARTING, State.RUNNING)


def _at_rest(instance: Instance) -> str | None:
    who = instance.daemon.name if instance.daemon.instances == 1 else str(instance.key)
    match instance.state:
        case State.FAILED:
            ended = wording.ending(instance.exit) if instance.exit is not None else None
            why = instance.message or ended
            return f"{who} failed: {why}" if why else f"{who} failed"
        case State.STOPPED:
            return f"{who} is stopped"
        case State.DISABLED:
            return f"{who} is disabled in the manifest"
        case State.EXITED:
            return f"{who} ended without a good run"
        case State.WAITING if instance.held_back and instance.missing is not None:
            return instance.missing.cause
        case _:
            return None
