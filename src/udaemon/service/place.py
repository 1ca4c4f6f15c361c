"""Where a supervisor is found: its run directory with lock and socket, the name of its project, and who answers there.

Knows no daemon. The directory is made anew when somebody takes it away, and the socket with it.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import TYPE_CHECKING

from udaemon.control import claim, rundir_removal
from udaemon.control.rundir_guard import RundirGuard

if TYPE_CHECKING:
    from udaemon.control.server import ControlServer
    from udaemon.service.handoff import Handoff
    from udaemon.service.outlive import Outlive
    from udaemon.service.together import Together
    from udaemon.supervisor.loop import Loop
    from udaemon.supervisor.supervisor import Supervisor


class Place:
    """One project's place.

    Args:
        handed: The run directory with its lock, and the name.
        keeping: Has them kept for the next supervisor.

    Raises:
        UdaemonError: The run directory is not safe.
        OSError: The socket cannot be bound, or the pid file not written.
    """

    _server: ControlServer
    _loop: Loop

    def __init__(self, handed: Handoff, keeping: Together | Outlive) -> None:
        self._directory = handed.directory
        self._keeping = keeping
        self._guard = RundirGuard(handed.directory, handed.lock, keeping.listener())
        self._claim = None if handed.claim is None else claim.adopt(handed.claim)

    def keep(self) -> None:
        """Have it kept."""
        self._keeping.keep_place(self._guard, self._claim)

    def serve(self, supervisor: Supervisor, loop: Loop, *, trouble: Callable[[str], None]) -> None:
        """Answer on the socket from now on. What that takes is loaded while the first zygote does its imports.

        Args:
            supervisor: Who is asked; it stops where another one has taken the place.
            loop: Its loop.
            trouble: Called with what has happened to the place.
        """
        from udaemon.control.server import ControlServer

        def moved(listener: socket.socket) -> None:
            self._server.listen_on(listener)
            supervisor.write_pid_files()
            self.keep()
            trouble("the run directory or a file in it was taken away; made anew")

        def taken() -> None:
            trouble("the run directory was taken away, and another supervisor runs there now")
            supervisor.shut_down()  # two supervisors would run two of everything: the one that nobody can reach stops

        self._loop = loop
        places = (supervisor, loop, self._guard.listener)
        self._server = ControlServer(*places, claim=self._claim, bug=supervisor.bug)
        loop.add(self._server)
        loop.add(self._guard)
        self._guard.keep(loop, on_moved=moved, on_trouble=trouble, on_taken=taken)

    def give_way(self) -> None:
        """Leave it to the next supervisor."""
        self._server.give_way()

    def let_go(self) -> None:
        """Let the directory be taken away. Who asks is still answered."""
        self._guard.rest(self._loop)

    def close(self, last_word: dict[str, object] | None) -> None:
        """Answer no more; `last_word` goes to those who wait for the end."""
        self._server.close(last_word)

    def remove(self) -> None:
        """Remove the run directory."""
        self._guard.close(self._loop)
        rundir_removal.remove(self._directory, self._guard.fd)
