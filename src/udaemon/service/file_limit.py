"""How many file descriptors a supervisor needs, and its limit raised to that (faults.md F13).

Knows nothing of what they are for but their number.
"""

from __future__ import annotations

import errno
import resource

from udaemon.errors import UdaemonError
from udaemon.system import oserror
from udaemon.units import counted, form

_FDS_AN_INSTANCE = 5
"""A pidfd, a report socket, the instance's lock, the read end of its log pipe, and its copy for the logger's guard."""
_FDS_OF_OURS = 40
"""Without these nothing begins, or no daemon does."""
_FDS_BESIDE = 400
"""For clients, the zygotes, and the fds that a batch of starts holds for a moment."""


_NO_PLACE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})


def reason(error: OSError, directory: str) -> str:
    """What the system refused to a supervisor of this run directory, and what can be done about it where known."""
    place = directory if error.errno in _NO_PLACE else error.filename
    where = f"{place}: " if isinstance(place, str) and place else ""
    limit = f"; the limit (ulimit -n) is {resource.getrlimit(resource.RLIMIT_NOFILE)[0]}"
    return f"{where}{oserror.named_reason(error)}{limit if error.errno == errno.EMFILE else ''}"


def raise_file_limit(instances: int, separate: int = 0) -> tuple[int, int] | None:
    """Make room for every instance's fds (faults.md F13). Returns the limit that daemons get back, if it was changed.

    Args:
        instances: How many there are.
        separate: How many of them have a second log pipe, for stderr.

    Raises:
        UdaemonError: There is no room for all of them: better now than one by one.
    """
    needed = instances * _FDS_AN_INSTANCE + separate + _FDS_BESIDE
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    least = instances * _FDS_AN_INSTANCE + separate + _FDS_OF_OURS
    if hard != resource.RLIM_INFINITY and hard < least:
        raise UdaemonError(
            f"Too many open files (EMFILE): {counted(instances, 'instance')} {form(instances, 'needs', 'need')} "
            f"{least} descriptors, and the limit (ulimit -n) is {hard}; raise it (ulimit -Hn, LimitNOFILE= in a unit)"
        )
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return None
    raised = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (raised, hard))
    return soft, hard
