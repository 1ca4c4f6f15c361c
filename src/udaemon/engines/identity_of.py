"""Makes the identity of a process from the daemon as it is declared.

Knows no user database: who a name is, is looked up by the process itself.
"""

from __future__ import annotations

from udaemon.child.identity import Identity
from udaemon.manifest.model import Daemon

_UNLIMITED = -1


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
