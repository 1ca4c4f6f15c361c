"""One zygote as its parent sees it: a process, its socket, and its pidfd.

Knows nothing of what is asked of it or why. It is watched by pidfd, as a copy that a module forked may have the socket
open for ever.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from udaemon.engines.base import Reactor
from udaemon.engines.commands import Command, ExecFailed, Launcher
from udaemon.engines.status import Status, reap
from udaemon.engines.zygote import wire
from udaemon.engines.zygote.popen import Popen
from udaemon.engines.zygote.server import Setup


class Plan(NamedTuple):
    """What a zygote is made of. `env` is its whole environment, `output` becomes its stdout and stderr."""

    env: Mapping[str, str]
    cwd: str
    output: int
    setup: Setup


class Link:
    """A living zygote.

    Args:
        reactor: Where its socket and its pidfd are watched.
        launcher: Executes it.
        plan: What it is made of.
        on_answer: Called with each answer; None stands for one that was no answer.
        on_end: Called once when it has ended and was reaped.

    Raises:
        ExecFailed: It could not be executed.
        OSError: There are no descriptors or there is no memory left.
    """

    def __init__(
        self,
        reactor: Reactor,
        launcher: Launcher,
        plan: Plan,
        *,
        on_answer: Callable[[Link, dict[str, Any] | None], None],
        on_end: Callable[[Link, Status], None],
    ) -> None:
        self._reactor = reactor
        self._on_answer = on_answer
        self._on_end = on_end
        self._channel, far = wire.pair()
        try:
            with far:
                wire.ask(self._channel, plan.setup)
                self.pid = launcher.start(_command(plan, far))
            self._pidfd = _watchable(self.pid)
        except (OSError, ExecFailed):
            self._channel.close()
            raise
        self._talks = True
        reactor.watch(self._pidfd, self._end)
        reactor.watch(self._channel.fileno(), self._hear)

    def fork(self, births: Sequence[Popen]) -> None:
        """Ask for these to be forked.

        Raises:
            OSError: It has gone, or there are no descriptors left.
        """
        value = [(popen.payload, len(popen.fds)) for popen in births]
        wire.ask(self._channel, value, [fd for popen in births for fd in popen.fds])

    def kill(self) -> None:
        """End it; `on_end` follows."""
        self._hang_up()
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)

    def kill_and_wait(self) -> None:
        """End it and reap it, which takes the kernel a moment; for the end of all."""
        self.kill()
        self._reactor.forget(self._pidfd)
        os.waitid(os.P_PIDFD, self._pidfd, os.WEXITED)
        os.close(self._pidfd)

    def _hear(self) -> None:
        try:
            answer = wire.receive_answer(self._channel)
        except BlockingIOError:
            return
        except ValueError:
            self._on_answer(self, None)
            return
        except OSError:
            answer = None
        if answer is None:  # it hung up; its pidfd tells the rest
            self._hang_up()
            return
        self._on_answer(self, answer)

    def _hang_up(self) -> None:
        if self._talks:
            self._talks = False
            self._reactor.forget(self._channel.fileno())
            self._channel.close()

    def _end(self) -> None:
        while self._talks:  # what it said before it ended counts
            before = self._channel
            try:
                answer = wire.receive_answer(before)
            except (BlockingIOError, ValueError, OSError):
                answer = None
            if answer is None:
                break
            self._on_answer(self, answer)
        self._hang_up()
        status = reap(self._pidfd)
        if status is None:
            return
        self._reactor.forget(self._pidfd)
        os.close(self._pidfd)
        self._on_end(self, status)


def _watchable(pid: int) -> int:
    """A pidfd of a zygote; one that cannot be watched is not kept, and reaped as any orphan."""
    try:
        return os.pidfd_open(pid)
    except OSError:
        os.kill(pid, signal.SIGKILL)
        raise


def _command(plan: Plan, far: socket.socket) -> Command:
    return Command(
        # -P: the directory it is started in is no place to import udaemon from. -B: a compiled file is matched to its
        # source by whole seconds, so one written now could hide an edit made a moment later.
        argv=(sys.executable, "-P", "-B", "-m", "udaemon.engines.zygote", str(far.fileno())),
        env=plan.env,
        cwd=plan.cwd,
        output=plan.output,
        keep=(far.fileno(), plan.setup.parent, *plan.setup.keep),
    )
