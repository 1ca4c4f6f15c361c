"""Takes the lock of a run directory for `up`, and waits for the end of a supervisor that is about to leave it.

Knows no manifest, and nothing of what is done with the lock.
"""

from __future__ import annotations

import signal
from contextlib import suppress

from udaemon.control import rundir
from udaemon.control.client import Client, SupervisorGone
from udaemon.control.sockets import ANSWERS_WITHIN, connect
from udaemon.errors import UdaemonError

_ENDS_WITHIN = 10.0
"""Seconds for a supervisor whose daemons have stopped; its logger takes three at most."""


def take_lock(fd: int, project: str, *, detach: bool) -> int | None:
    """The lock of the run directory, or None where `up -d` finds a supervisor that stays."""
    lock = rundir.take_lock(fd)
    if lock is not None or (detach and _stays(fd)):
        return lock
    if detach:
        return _wait_for_lock(fd, project)
    raise UdaemonError(f"{project} is already running, pid {rundir.read_pid(fd)}", "see udaemon ps, or use up -d")


def _stays(fd: int) -> bool:
    """Whether there is a supervisor that goes on, be it the successor of one that ended before it could say so."""
    while (client := client_at(fd)) is not None:
        with suppress(SupervisorGone):
            return not is_leaving(client)
    return False


def is_leaving(client: Client) -> bool:
    """Whether the supervisor is on its way out; then its end is waited for here, as far as its socket shows it.

    Raises:
        SupervisorGone: It ends at this moment.
    """
    with client:
        if not client.ask("hello")["leaving"]:
            return False
        client.be_patient()
        client.ask("down")
        client.wait_for_end()
        return True


def _wait_for_lock(fd: int, project: str) -> int | None:
    """The lock of a supervisor that is about to end, or of one that only seems to be."""

    def give_up(_number: int, _frame: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, _ENDS_WITHIN)
    try:
        return rundir.take_lock(fd, wait=True)
    except TimeoutError:
        message = f"{project} has a supervisor, pid {rundir.read_pid(fd)}, that neither listens nor ends"
        raise UdaemonError(message, "end it with kill, then try again") from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)


def client_at(fd: int) -> Client | None:
    """A client of the supervisor of this run directory; None where nobody listens."""
    connection = connect(fd, ANSWERS_WITHIN)
    return None if connection is None else Client(connection)
