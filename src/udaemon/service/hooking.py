"""Hooks as one part of the supervisor's process: what listens is put before the runner that tells.

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


def hook_up(
    reactor: WritableReactor,
    notices: Notices,
    fleet: Fleet,
    engine: LocalEngine,
    schedules: Schedules,
    *,
    bug: Callable[[str], None],
) -> HookLink:
    """Have hooks told of what happens from now on. Add the link to the loop for its `deadline`.

    Args:
        reactor: The loop.
        notices: Are listened to, and told what is amiss with a hook.
        fleet: Has every instance as it is.
        engine: Tells of the runs of tasks.
        schedules: Tells of the runs of commands.
        bug: Called inside the handler of an exception, with what it belongs to.
    """
    link = HookLink(reactor, time.monotonic, lambda text: notices.publish(None, "hook", text, {}))
    hooks = Hooks(link, fleet.instances, wall_clock=time.time, bug=bug, runs=schedules.last_run)
    notices.subscribe(hooks.on_notice)
    engine.on_run, schedules.on_missed = hooks.on_run, hooks.on_missed
    return link
