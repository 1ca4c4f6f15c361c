"""A start as the engine of this machine goes about it: what was asked for, and the descriptors that it takes.

Knows nothing of how the process is made.
"""

from __future__ import annotations

import os

from udaemon.child.pace import clear_pace
from udaemon.child.scoreboard import Scoreboard
from udaemon.engines import locks
from udaemon.engines.base import SpawnRequest
from udaemon.engines.cgroups import Cgroups
from udaemon.engines.commands import ExecFailed
from udaemon.frozen import frozen
from udaemon.policy.events import SpawnFailed
from udaemon.policy.reasons import Trouble
from udaemon.system import oserror


@frozen(kw_only=True)
class LocalRequest(SpawnRequest):
    """A start with all that it takes. `slot` is the number in its region of the scoreboard.

    Attributes:
        board: That region.
        lock: Holds the instance's lock; closed when the last of the process's tree has gone.
        cgroup: The directory of its control group.
    """

    board: int
    lock: int
    cgroup: str | None = None

    def close(self) -> None:
        """There is no process for these descriptors."""
        os.close(self.lock)
        self.close_pipes()


def not_started(error: Exception) -> SpawnFailed:
    """Why there is no process. What went wrong beside the operator's part is a want of something, and tried again."""
    if isinstance(error, ExecFailed):
        return SpawnFailed(error.trouble, str(error))
    why = oserror.named_reason(error) if isinstance(error, OSError) else repr(error)
    return SpawnFailed(Trouble.RESOURCE, f"cannot be started: {why}")


def take(request: SpawnRequest, lock_directory: str, scoreboard: Scoreboard, cgroups: Cgroups) -> LocalRequest:
    """Take what the start of one takes, its lock first of all.

    Raises:
        ExecFailed: The lock or the control group is not to be had; what was asked for with it stays the caller's.
    """
    try:
        lock = locks.acquire(lock_directory, request.key)
    except locks.LockHeld as held:
        raise ExecFailed(f"another copy runs and holds its lock: {held}", Trouble.RESOURCE) from None
    except OSError as error:
        raise ExecFailed(f"lock cannot be taken: {oserror.named_reason(error)}", Trouble.RESOURCE) from error
    try:
        cgroup = cgroups.prepare(request.key, request.daemon)
    except BaseException:
        os.close(lock)
        raise
    board, slot = scoreboard.locate(request.slot)
    clear_pace(board, slot)
    return LocalRequest(
        key=request.key,
        daemon=request.daemon,
        plan=request.plan,
        board=board,
        slot=slot,
        lock=lock,
        output=request.output,
        errors=request.errors,
        cgroup=cgroup,
    )
