"""What a supervisor makes of the signals that people and service managers send to it.

Knows nothing of how they come.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from functools import partial

from udaemon.child.echoes import Echoes
from udaemon.service.reload import reload
from udaemon.service.systemd import ServiceManager
from udaemon.supervisor.loop import Loop
from udaemon.supervisor.supervisor import Supervisor


class SupervisorSignals:
    """TERM, INT and QUIT stop everything; HUP has the manifest read again.

    Args:
        supervisor: Is told.
        manager: The service manager that started us, None where there is none.
    """

    def __init__(self, supervisor: Supervisor, manager: Callable[[], ServiceManager | None]) -> None:
        self._supervisor = supervisor
        self._manager = manager
        self._echoes = Echoes()
        self._signalled = False

    def listen(self, loop: Loop) -> None:
        """Heed them from now on."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
            loop.on_signal(number, partial(self._stop, number))
        loop.on_signal(signal.SIGHUP, self._hang_up)

    def _stop(self, number: int) -> None:
        """Stop everything; a second one hurries.

        Only what came here counts: systemd sends TERM to each process of a unit, also to the foreground `up`, which
        asks for the same by its own way.
        """
        if not self._echoes.is_echo(number, time.monotonic()):
            self._supervisor.shut_down(hurry=self._signalled)
            self._signalled = True

    def _hang_up(self) -> None:
        """People send it to have a manifest read again, and so does systemd with `Type=notify-reload`."""
        if (manager := self._manager()) is not None:
            manager.reloading()
        reload(self._supervisor)
