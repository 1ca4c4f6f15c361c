"""An engine without processes: it keeps what was asked of it, and answers when a test says so.

Knows nothing of what should happen. It is held to the same contract as the real one (`test_engine_contract.py`).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import count

from udaemon.engines.base import CANCELLED, Listener, SpawnRequest
from udaemon.manifest.model import Daemon
from udaemon.policy.events import Exited, Ready, Spawned, SpawnFailed, TreeGone
from udaemon.policy.instance import Key
from udaemon.policy.plan import StartPlan
from udaemon.policy.reasons import Reason, Trouble


class FakeEngine:
    """`spawned`, `signals` and `kills` are what was asked for, the oldest first; `requests` the last start of each.

    Args:
        listener: Told what a test lets happen.
        at_once: Answer each start with `Spawned` by itself.
    """

    def __init__(self, listener: Listener, *, at_once: bool = False) -> None:
        self.deadline: float | None = None
        self.spawned: list[Key] = []
        self.requests: dict[Key, SpawnRequest] = {}
        self.signals: list[tuple[Key, str]] = []
        self.kills: list[Key] = []
        self.stop_commands: list[tuple[Key, tuple[str, ...]]] = []
        self.forgotten: list[Key] = []
        self.reconfigured: list[tuple[Key, Daemon]] = []
        self.closed = False
        self._listener = listener
        self._at_once = at_once
        self._pids = count(1000)
        self._pending: dict[Key, SpawnRequest] = {}
        self._living: dict[Key, int] = {}
        self._left: dict[Key, tuple[int, ...]] = {}
        self._errors: dict[Key, str] = {}

    def spawn(self, requests: Sequence[SpawnRequest]) -> None:
        for request in requests:
            self.spawned.append(request.key)
            self._pending[request.key] = self.requests[request.key] = request
            if request.key in self._living or request.key in self._left:
                self.fail(request.key, "another copy runs")
                continue
            if self._at_once:
                self.forked(request.key)

    def cancel(self, key: Key) -> None:
        if key in self._pending:
            self.fail(key, CANCELLED)

    def forget(self, key: Key) -> None:
        assert key not in self._living
        assert key not in self._left
        assert key not in self._pending
        self._errors.pop(key, None)
        self.forgotten.append(key)

    def reconfigure(self, key: Key, daemon: Daemon, plan: StartPlan) -> None:
        if key in self._living or key in self._left:
            self.reconfigured.append((key, daemon))

    def signal(self, key: Key, name: str) -> None:
        if key in self._living:
            self.signals.append((key, name))

    def run_stop_command(self, request: SpawnRequest) -> None:
        self.stop_commands.append((request.key, request.daemon.command or ()))
        os.close(request.output)

    def signal_tree(self, key: Key, name: str) -> None:
        if key in self._living or key in self._left:
            self.signals.append((key, name))

    def kill_tree(self, key: Key) -> None:
        if key in self._living or key in self._left:
            self.kills.append(key)

    def last_error(self, key: Key) -> str | None:
        return self._errors.get(key)

    def sharing(self, daemon: Daemon, plan: StartPlan) -> None:
        return None

    def origin(self, key: Key) -> None:
        return None

    def expire(self, now: float) -> None:
        """There is nothing it waits for."""

    def close(self) -> None:
        self.closed = True

    def forked(self, key: Key) -> int:
        """Let a start succeed. Answers the pid."""
        _close(self._pending.pop(key))
        self._living[key] = next(self._pids)
        self._errors.pop(key, None)
        self._listener(key, Spawned(self._living[key]))
        return self._living[key]

    def fail(self, key: Key, message: str = "fork: no", trouble: Trouble = Trouble.RESOURCE) -> None:
        """Let a start fail."""
        _close(self._pending.pop(key))
        self._listener(key, SpawnFailed(trouble, message))

    def ready(self, key: Key) -> None:
        """Let a process have built its task."""
        assert key in self._living
        self._listener(key, Ready())

    def end(
        self,
        key: Key,
        code: int | None = 0,
        *,
        signal: int | None = None,
        reason: Reason | None = None,
        message: str | None = None,
        survivors: tuple[int, ...] = (),
    ) -> None:
        """Let a process end; with a signal `code` counts for nothing."""
        del self._living[key]
        if survivors:
            self._left[key] = survivors
        if message is not None:
            self._errors[key] = message
        told = code if signal is None else None
        self._listener(key, Exited(code=told, signal=signal, reason=reason, message=message, survivors=survivors))

    def tree_gone(self, key: Key) -> None:
        """Let what a process left behind be gone."""
        del self._left[key]
        self._listener(key, TreeGone())


def _close(request: SpawnRequest) -> None:
    if request.output >= 0:
        os.close(request.output)
