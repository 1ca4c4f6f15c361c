"""Checks of `lock` over all daemons: one that can never be had is an error.

Knows no state of anything: who has a lock at a moment is `policy/turns.py`'s.
"""

from __future__ import annotations

from collections.abc import Iterator

from udaemon.manifest.dependencies import Condition
from udaemon.manifest.model import Daemon
from udaemon.manifest.problems import Finding
from udaemon.manifest.root import Root


def check_locks(root: Root) -> Iterator[Finding]:
    """Check that no daemon needs a lock that is held for good by what it needs to be up."""
    for name, daemon in root.daemons.items():
        for lock in daemon.lock:
            holder = next((other for other in _up_beside(root, name) if _keeps(root.daemons[other], lock)), None)
            if holder is not None:
                message = f"{holder}, which it needs, holds {lock} for its whole life: it would wait for ever"
                yield Finding("contradiction", message, "take it out of one of them", ("daemons", name, "lock"))


def _up_beside(root: Root, name: str) -> Iterator[str]:
    """Those that have to be up while a daemon is started, directly or by way of others."""
    left, found = [name], {name}
    while left:
        for need in root.daemons[left.pop()].depends_on:
            up = need.required and need.condition is not Condition.COMPLETED
            if up and need.name in root.daemons and need.name not in found:
                found.add(need.name)
                left.append(need.name)
                yield need.name


def _keeps(daemon: Daemon, lock: str) -> bool:
    return lock in daemon.lock and daemon.kind in {"command", "php.entry"} and not daemon.is_scheduled
