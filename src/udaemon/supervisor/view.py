"""All that is known of one instance at a moment, for those who are asked about it.

Knows nothing of how it is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from udaemon.child.slot_reading import SlotReading
from udaemon.frozen import frozen
from udaemon.manifest.model import Daemon
from udaemon.policy import wording
from udaemon.policy.instance import Instance, Key


@frozen(kw_only=True)
class InstanceView:
    """All that is known of an instance at one moment. What is not of it alone is read when somebody looks at it."""

    key: Key
    daemon: Daemon
    instance: Instance
    read_slot: Callable[[], SlotReading | None]
    log_states: Mapping[str, str]
    last_error: str | None

    @property
    def log(self) -> str:
        """The path of its log."""
        return self.daemon.log_path(self.instance.plan.context, self.instance.index)

    @property
    def log_state(self) -> str:
        """The state of that, or else of the one that its stderr has apart."""
        errors = self.daemon.error_log_path(self.instance.plan.context, self.instance.index)
        states = (self.log_states.get(path, "ok") for path in (self.log, errors) if path is not None)
        return next((state for state in states if state != "ok"), "ok")

    @cached_property
    def slot(self) -> SlotReading | None:
        """What the scoreboard says of its runs."""
        return self.read_slot()


def facts(instance: Instance) -> dict[str, Any]:
    """What a notice carries beside its sentence: the instance as it is after the event."""
    end = instance.exit
    return {
        "state": instance.state.value,
        "wanted": instance.wanted.value,
        "pid": instance.own_pid,
        "restarts": instance.restarts,
        "exit": None if end is None else {"code": end.code, "signal": end.signal, "reason": end.reason.value},
    }


def living_on(instance: Instance) -> str:
    """Which of its processes did not die of KILL; empty where there is none."""
    return f"{wording.pids(instance.unkillable)} lives on" if instance.unkillable else ""
