"""Room for another manifest's instances: the file limit and the run directory, looked at before anything changes.

Knows nothing of what is added but how much it is.
"""

from __future__ import annotations

from udaemon.control import rundir
from udaemon.engines.local import LocalEngine
from udaemon.service.file_limit import raise_file_limit
from udaemon.supervisor.changeover import MakeRoom


def room_in(directory: str, engine: LocalEngine) -> MakeRoom:
    """What makes room for the instances of a supervisor with this run directory."""

    def make_room(instances: int, added: int) -> None:
        rundir.check_room(directory, added)
        limit = raise_file_limit(instances)
        if limit is not None:
            engine.limit_raised(limit)

    return make_room
