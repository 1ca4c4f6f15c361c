"""What the supervisor tells the service manager that started it: sd_notify(3), over the socket in NOTIFY_SOCKET.

Knows nothing of daemons but how many are in which state. A manager that does not listen is nothing to wait for or to
fail by.
"""

from __future__ import annotations

import os
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress

from udaemon.policy.fleet import Fleet
from udaemon.policy.instance import State
from udaemon.supervisor.loop import Loop
from udaemon.supervisor.supervisor import Supervisor

_BEATS = 2
"""Signs of life in the time that the manager waits for one (sd_watchdog_enabled(3) asks for half of it)."""
_RELOADED = frozenset({"applied", "refused"})
_TOLD = (State.RUNNING, State.STARTING, State.BACKOFF, State.STOPPING, State.FAILED)


class ServiceManager:
    """Sends what has changed, once in a turn of the loop; it is one of those who wait there.

    Args:
        address: The manager's socket, as NOTIFY_SOCKET has it: a path, or `@` and an abstract name.
        states: The states of all instances at this moment, or how many are in each.
        leaving: Whether everything is being stopped.
        patience: Seconds after which the manager takes a silent supervisor for dead, None for never.
        clock: Monotonic seconds.

    Raises:
        OSError: There are no descriptors left.
    """

    def __init__(
        self,
        address: str,
        *,
        states: Callable[[], Iterable[State] | Mapping[State, int]],
        leaving: Callable[[], bool],
        patience: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self._states = states
        self._leaving = leaving
        self._clock = clock
        self._pause = None if patience is None else patience / _BEATS
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
        self._ready = self._reloads = self._stopping = False
        self._status = ""
        self.deadline = None if self._pause is None else clock()
        """When it owes the next sign of life, None for never."""

    def expire(self, now: float) -> None:
        """Give a sign of life: whoever can do that goes round the loop."""
        if self._pause is not None:
            self._send("WATCHDOG=1")
            self.deadline = now + self._pause

    def end_of_turn(self) -> None:
        """Tell what has changed: READY=1 once nothing is starting any more, whatever came of it."""
        states = Counter(self._states())
        said: list[str] = []
        if self._leaving() and not self._stopping:
            self._stopping = True
            said.append("STOPPING=1")
        elif not (self._ready or self._reloads or self._stopping or states[State.STARTING]):
            self._ready = True
            said.append("READY=1")
        if (status := _status(states)) != self._status:
            self._status = status
            said.append(f"STATUS={status}")
        if said:
            self._send("\n".join(said))

    def reloading(self) -> None:
        """A manifest is about to be read; READY=1 comes once it was applied or refused, and nothing starts any more."""
        self._send(f"RELOADING=1\nMONOTONIC_USEC={int(self._clock() * 1_000_000)}")
        self._ready, self._reloads = False, True

    def hear(self, event: str) -> None:
        """Something has happened to the whole project."""
        if event in _RELOADED:
            if not self._reloads:  # a verb asked for it
                self.reloading()
            self._reloads = False

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def _send(self, text: str) -> None:
        # It may not be there any more, or have no room: what is true then is told with the next change.
        with suppress(OSError):
            self._socket.sendto(text.encode(), self._address)


def patience(environ: Mapping[str, str], ours: Iterable[int]) -> float | None:
    """Seconds after which the manager takes us for dead, None where it does not watch us.

    Args:
        environ: Has WATCHDOG_USEC, and in WATCHDOG_PID for whom that is meant (sd_watchdog_enabled(3)).
        ours: Pids that stand for this supervisor: its own, and the `up` that started it.
    """
    length, whom = environ.get("WATCHDOG_USEC", ""), environ.get("WATCHDOG_PID")
    if not length.isdecimal() or int(length) == 0 or (whom is not None and whom not in map(str, ours)):
        return None
    return int(length) / 1_000_000


def tell_service_manager(
    environ: Mapping[str, str], loop: Loop, supervisor: Supervisor, fleet: Fleet
) -> ServiceManager | None:
    """Tell the manager that started us, if there is one that wants to be told, of everything from now on."""
    address = environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return None
    try:
        manager = ServiceManager(
            address,
            states=lambda: fleet.states,
            leaving=lambda: supervisor.leaving,
            patience=patience(environ, (os.getpid(), os.getppid())),
        )
    except OSError:
        return None
    loop.add(manager)
    loop.afterwards(manager.end_of_turn)
    supervisor.subscribe(lambda notice: manager.hear(notice.event) if notice.key is None else None)
    manager.end_of_turn()
    return manager


def _status(states: Mapping[State, int]) -> str:
    """Such as "4 running, 1 failed": what `systemctl status` shows."""
    return ", ".join(f"{states[state]} {state}" for state in _TOLD if states[state]) or "nothing runs"
