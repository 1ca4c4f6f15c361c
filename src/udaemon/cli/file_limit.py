"""How many descriptors a supervisor needs, and the limit that makes room for them.

Knows no daemon, only how many instances there are.
"""

from __future__ import annotations

import resource

from udaemon.errors import UdaemonError

_FDS_AN_INSTANCE = 5
"""A pidfd, a report socket, the instance's lock, the read end of its log pipe, and its copy for the logger's guard."""
_FDS_OF_OURS = 20
"""Without these nothing begins."""
_FDS_BESIDE = 400
"""For clients, the zygotes, and the fds that a batch of starts holds for a moment."""


def raise_file_limit(instances: int) -> tuple[int, int] | None:
    """Make room for every instance's fds (faults.md F13). Returns the limit that daemons get back, if it was changed.

    Raises:
        UdaemonError: There is no room for all of them: better now than one by one.
    """
    needed = instances * _FDS_AN_INSTANCE + _FDS_BESIDE
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    least = instances * _FDS_AN_INSTANCE + _FDS_OF_OURS
    if hard != resource.RLIM_INFINITY and hard < least:
        raise UdaemonError(
            f"Too many open files (EMFILE): {instances} instances need {least} descriptors, "
            f"and the limit (ulimit -n) is {hard}; raise it (ulimit -Hn, LimitNOFILE= in a unit)"
        )
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return None
    raised = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (raised, hard))
    return soft, hard
