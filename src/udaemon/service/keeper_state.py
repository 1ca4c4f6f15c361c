"""What a keeper leaves to the program that it executes in its place: its store, its supervisor, the one that stands by.

Knows nothing of what is done with it. It goes through memory that has no name, beside the descriptors themselves, which
an execve(2) leaves open; so there is no moment in which nobody holds them.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from typing import NamedTuple

from udaemon.child.environment import callers, interpreter
from udaemon.service.keeper_wire import Store
from udaemon.service.standby import STATE_VERSION

_GO_ON = "import sys; from udaemon.service.spawn_supervisor import main_renewed; main_renewed(int(sys.argv[1]))"


class KeeperState(NamedTuple):
    """All that a keeper knows; each fd stays open under its number.

    `store` has facts and fd of each name; `standby` the pid, the connection and the stderr of a supervisor that stands
    by; `limit` is the file limit that it began with; `pace` is how often supervisors died.
    """

    store: Store
    supervisor: int
    socket: int
    standby: tuple[int, int, int] | None
    limit: tuple[int, int]
    pace: tuple[float, int]

    def descriptors(self) -> Iterable[int]:
        """Those that must stay open."""
        return (self.socket, *((self.standby or ())[1:]), *(fd for _, fd in self.store.values()))


def execute(state: KeeperState) -> None:
    """Execute the keeper that is installed now, in this process. Returns only by an error.

    Raises:
        OSError: It cannot be executed; then nothing has changed.
    """
    with open(os.memfd_create("udaemon-keeper"), "wb") as file:
        file.write(json.dumps({"version": STATE_VERSION, **state._asdict()}).encode())
        file.flush()
        kept = (file.fileno(), *state.descriptors())
        for fd in kept:
            os.set_inheritable(fd, True)
        try:
            argv = [*interpreter(), "-P", "-c", _GO_ON, str(file.fileno())]
            os.execve(sys.executable, argv, callers())
        finally:
            for fd in kept:
                os.set_inheritable(fd, False)


def left(fd: int) -> KeeperState:
    """What `execute` was called with; the descriptors are no child's business from here on."""
    with open(fd, "rb") as file:
        file.seek(0)
        told = json.load(file)
    store = {name: (tuple(facts), kept) for name, (facts, kept) in told["store"].items()}
    state = KeeperState(
        store=store,
        supervisor=told["supervisor"],
        socket=told["socket"],
        standby=None if told["standby"] is None else tuple(told["standby"]),
        limit=tuple(told["limit"]),
        pace=(told["pace"][0], told["pace"][1]),
    )
    for kept in state.descriptors():
        os.set_inheritable(kept, False)
    return state
