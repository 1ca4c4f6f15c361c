"""Hooks as one part of the supervisor's process: what listens, and the runner that tells.

Knows no daemon and decides nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from udaemon.child.report import RunReport
from udaemon.child.scoreboard import Scoreboard
from udaemon.engines.base import WritableReactor
from udaemon.engines.hooks.client import HookLink
from udaemon.policy.instance import Instance, Key
from udaemon.supervisor.hook_events import Run
from udaemon.supervisor.hooks import Hooks
from udaemon.supervisor.notices import Notices
from udaemon.supervisor.slots import Slots


class Hooking:
    """The hooks, from a notice to the runner. Add it to the loop for its `deadline`.

    Args:
        reactor: The loop.
        notices: Are listened to, and told what is amiss with a hook.
        instances: Every instance as it is.
        board: Has the runs, and says where.
        bug: Called inside the handler of an exception, with what it belongs to.
    """

    def __init__(
        self,
        reactor: WritableReactor,
        notices: Notices,
        instances: Mapping[Key, Instance],
        board: tuple[Scoreboard, Slots],
        bug: Callable[[str], None],
    ) -> None:
        self._link = HookLink(reactor, time.monotonic, lambda text: notices.publish(None, "hook", text, {}))
        self._scoreboard, self._slots = board
        self._hooks = Hooks(self._link, instances, wall_clock=time.time, bug=bug, runs=self._last_run)
        notices.subscribe(self._hooks.on_notice)

    @property
    def pid(self) -> int | None:
        """The runner's."""
        return self._link.pid

    @property
    def deadline(self) -> float | None:
        """When something is due."""
        return self._link.deadline

    def expire(self, now: float) -> None:
        """Do what is due."""
        self._link.expire(now)

    def on_run(self, key: Key, report: RunReport) -> None:
        """A task's process has reported a run."""
        self._hooks.on_run(key, report)

    def on_missed(self, key: Key, count: int) -> None:
        """Due times of a command that no run will serve."""
        self._hooks.on_missed(key, count)

    def close(self) -> None:
        """Tell what is left, for a moment, and end the runner."""
        self._link.close()

    def _last_run(self, key: Key) -> Run | None:
        """The run of a scheduled command that has just ended."""
        seen = self._scoreboard.read_slot(self._slots[key])
        return None if seen is None else Run(seen.last_id, seen.last_duration)
