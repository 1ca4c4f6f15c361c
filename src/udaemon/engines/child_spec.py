"""Makes the specification of a child from the daemon as it is declared.

Knows nothing of files or processes; the supervisor's side and `udaemon run` come through here.
"""

from __future__ import annotations

import os
from typing import Any, Protocol

from udaemon.child.identity import Identity
from udaemon.child.spec import Asked, ChildSpec, Pace
from udaemon.engines.callable_of import callable_of
from udaemon.manifest.hooks import IN_CHILD, Listeners, callables
from udaemon.manifest.model import Daemon
from udaemon.manifest.own_instance import for_instance
from udaemon.manifest.probes import way
from udaemon.policy.plan import Place
from udaemon.policy.timetable import timetable

_UNLIMITED = -1


def _php(daemon: Daemon) -> dict[str, Any]:
    return {
        "bootstrap": daemon.php.bootstrap,
        "factory": daemon.php.factory,
        "interpreter": list(daemon.php.interpreter),
        "memory_limit": daemon.memory_limit,
        "memory_threshold": daemon.memory_threshold,
    }


def _asked(daemon: Daemon) -> dict[str, Asked]:
    """How its task's own methods are asked, where the manifest has no other way to tell."""
    return {
        question: Asked(probe.period, probe.delay, probe.failures, probe.successes)
        for question, probe in (("ready", daemon.ready), ("health", daemon.health))
        if way(probe) is None
    }


def pace_of(daemon: Daemon) -> Pace:
    """What its loop goes by, and may go by anew while it runs."""
    limit = None if daemon.kind == "php" else daemon.memory_limit  # that is about PHP, not about the process that asks
    return Pace(daemon.sleep, daemon.min_sleep, limit, daemon.memory_threshold)


def identity_of(daemon: Daemon, cgroup: str | None = None) -> Identity:
    """Who its process runs as, and within which limits; `cgroup` is the directory of its control group."""
    return Identity(
        user=daemon.user,
        group=daemon.group,
        nice=daemon.nice,
        oom_score=daemon.oom_score,
        rlimits=tuple((name, _number(soft), _number(hard)) for name, (soft, hard) in daemon.rlimits.items()),
        stdin=daemon.stdin,
        cgroup=cgroup,
    )


def _number(limit: int | None) -> int:
    return _UNLIMITED if limit is None else limit


class Declared(Place, Protocol):
    """Where a daemon is declared, and who is told of its events there."""

    @property
    def on(self) -> Listeners:
        """Who is told of the events of all daemons."""


def _tells(on: Listeners, daemon: Daemon) -> tuple[str, ...]:
    """What its process reports as somebody is to be told; its own callables are called there."""
    done = on.task_done or len(daemon.on.task_done) > len(callables(daemon.on.task_done))
    wanted = (("task_done", done), ("missed", on.missed or daemon.on.missed))
    return tuple(name for name, hooks in wanted if hooks)


def spec_of(place: Declared, daemon: Daemon, index: int, *, slot: int = 0, cgroup: str | None = None) -> ChildSpec:
    """The spec of one instance of a daemon that has runs, declared at `place`."""
    daemon = for_instance(daemon, index)
    php = daemon.kind == "php"
    on = daemon.on
    listeners = {event: callables(on.of(event)) for event in IN_CHILD}
    return ChildSpec(
        name=daemon.name,
        index=index,
        instances=daemon.instances,
        project=place.project,
        context=place.context,
        factory=callable_of(daemon),
        is_task=daemon.kind == "task",
        params=_php(daemon) if php else dict(daemon.params),
        env={"PWD": daemon.cwd or place.directory, **daemon.env},
        cwd=daemon.cwd or place.directory,
        umask=daemon.umask,
        directory=place.directory,
        preload=daemon.preload,
        listeners={kind: names for kind, names in listeners.items() if names},
        slot=slot,
        **pace_of(daemon)._asdict(),
        timetable=timetable(place, daemon, index, os.environ),
        identity=identity_of(daemon, cgroup),
        env_inherit=daemon.env_inherit,
        locks=bool(daemon.lock),
        after=tuple(one.name for one in daemon.after_run),
        tells=_tells(place.on, daemon),
        asked={} if php else _asked(daemon),
    )
