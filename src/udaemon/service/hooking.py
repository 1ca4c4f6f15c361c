"""Hooks as one part of the supervisor's process: what listens, and the runner that tells.

Knows no daemon and decides nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from udaemon.engines.base import WritableReactor
from udaemon.engines.hooks.client import HookLink
from udaemon.engines.local import LocalEngine
from udaemon.policy.fleet import Fleet
from udaemon.supervisor.hooks import Hooks
from udaemon.supervisor.notices import Notices
from udaemon.supervisor.schedules import Schedules


class Hooking:
    """The hooks, from a notice to the runner. Add it to the loop for its `deadline`.

    Args:
        reactor: The loop.
        notices: Are listened to, and told what is amiss with a hook.
        fleet: Has every instance as it is.
        engine: Tells of the runs of tasks.
        schedules: Tells of the runs of commands.
        bug: Called inside the handler of an exception, with what it belongs to.
    """

    def __init__(
        self,
        reactor: WritableReactor,
        notices: Notices,
        fleet: Fleet,
        engine: LocalEngine,
        schedules: Schedules,
        *,
        bug: Callable[[str], None],
    ) -> None:
        self._link = HookLink(reactor, time.monotonic, lambda text: notices.publish(None, "hook", text, {}))
        hooks = Hooks(self._link, fleet.instances, wall_clock=time.time, bug=bug, runs=schedules.last_run)
        notices.subscribe(hooks.on_notice)
        engine.on_run, schedules.on_missed = hooks.on_run, hooks.on_missed

    @property
    def pid(self) -> int | None:
        """The runner's."""
        return self._link.pid

    @property
    def is_idle(self) -> bool:
        """Whether every event was told."""
        return self._link.is_idle

    @property
    def deadline(self) -> float | None:
        """When something is due."""
        return self._link.deadline

    def expire(self, now: float) -> None:
        """Do what is due."""
        self._link.expire(now)

    def close(self) -> None:
        """Tell what is left, for a moment, and end the runner."""
        self._link.close()
