"""Whether and when an ended process is started again.

Knows no clock: times and the jitter come in as arguments. The rules are in docs/guide/restarts.md.
"""

from __future__ import annotations

from udaemon.frozen import frozen
from udaemon.manifest.evolving import evolve
from udaemon.manifest.model import Backoff, Daemon, Restart
from udaemon.policy import wording
from udaemon.policy.instance import Exit, Instance
from udaemon.policy.reasons import Reason
from udaemon.units import counted, seconds

_REFUSED = Backoff(initial=0.1, factor=2.0, max=1.0, jitter=0.3)
"""A full process table or fd table may clear at any moment: ask again soon and for ever, but not all at one moment."""

_REPLACED = frozenset({Reason.MEMORY})
"""Ends that make room for a fresh process: no crash, and followed by one whatever `restart` says."""

_CONDEMNED = frozenset({Reason.UNREADY, Reason.UNHEALTHY, Reason.TIMEOUT, Reason.CANCELLED, Reason.BEFORE_START})
"""Ends that are failures: no exit code makes a success of them."""

_YOUNG = 0.1
"""Whatever the manifest says: an end sooner than this is early, and the wait after two of them no shorter."""


@frozen
class Retry:
    """Restart it in `delay` seconds; `instance` carries the new counts."""

    instance: Instance
    delay: float


@frozen
class GiveUp:
    """Leave it. `failed` says that this is giving up, and `message` why."""

    failed: bool
    message: str | None = None


def delay(crashes: int, backoff: Backoff, jitter: float) -> float:
    """Seconds to wait after the n-th early end in a row: none after the first, then growing up to a cap.

    Args:
        crashes: Early ends in a row, this one included; at least 1.
        backoff: The daemon's policy.
        jitter: From -1 to 1; the policy says how much of it counts.
    """
    if crashes <= 1:
        return 0.0
    try:
        wait = backoff.initial * backoff.factor ** (crashes - 2)
    except OverflowError:
        wait = backoff.max
    return max(_YOUNG, min(wait, backoff.max) * (1.0 + backoff.jitter * jitter))


def refused_delay(refusals: int, jitter: float) -> float:
    """Seconds to wait after the n-th start in a row that the system refused."""
    return delay(refusals + 1, _REFUSED, jitter)


def succeeded(end: Exit, daemon: Daemon) -> bool:
    """Whether a process that ended by itself did so as it should."""
    return end.code is not None and end.code in daemon.success_exit_codes and end.reason not in _CONDEMNED


def verdict(instance: Instance, end: Exit, now: float, jitter: float) -> Retry | GiveUp:
    """What becomes of an instance whose process ended by itself, at `end.at`, and left nothing alive at `now`."""
    daemon = instance.daemon
    success = succeeded(end, daemon)
    if end.reason is Reason.CONFIG:
        return GiveUp(failed=True, message=instance.message)
    replaced = end.reason in _REPLACED
    if not replaced and (daemon.restart is Restart.NEVER or (success and daemon.restart is Restart.ON_FAILURE)):
        return GiveUp(failed=not success, message=instance.message)
    uptime = end.at - (instance.started_at if instance.started_at is not None else end.at)
    as_meant = success or replaced
    healthy_after = max(_YOUNG, daemon.backoff.initial if as_meant else daemon.backoff.max)
    was_up = uptime >= healthy_after and end.reason is not Reason.BEFORE_START  # that process had an end of its own
    counted = evolve(instance, crashes=1 if was_up else instance.crashes + 1)
    if as_meant:
        return _held_back(counted, end, healthy_after, jitter)
    return _within_limit(counted, end, now, jitter)


def _held_back(instance: Instance, end: Exit, healthy_after: float, jitter: float) -> Retry:
    """No limit counts an end as it is meant, but several that come too early wait longer and longer, as crashes do."""
    wait = delay(instance.crashes, instance.daemon.backoff, jitter)
    if wait > 0:
        early = f"{counted(instance.crashes, 'time')} in a row within {seconds(healthy_after)} of the start"
        instance = evolve(instance, message=f"{instance.message or wording.ending(end)}; {early}")
    return Retry(instance, wait)


def _within_limit(instance: Instance, end: Exit, now: float, jitter: float) -> Retry | GiveUp:
    limit, backoff = instance.daemon.start_limit, instance.daemon.backoff
    attempts = tuple(at for at in instance.attempts if now - at < limit.window)
    if len(attempts) < limit.count:
        return Retry(evolve(instance, attempts=(*attempts, now)), delay(instance.crashes, backoff, jitter))
    reached = (
        f"{counted(limit.count, 'restart')} in {seconds(limit.window)}; last: {instance.message or wording.ending(end)}"
    )
    if limit.then is None:
        return GiveUp(failed=True, message=f"gave up after {reached}")
    cooling = evolve(instance, attempts=(), crashes=0, message=f"cools down after {reached}")
    return Retry(cooling, max(_YOUNG, limit.then))
