"""One zygote as its parent sees it: a process, its socket, and its pidfd.

Knows nothing of what is asked of it or why, nor of how its process came to be. It is watched by
pidfd, as a copy that a module forked may have the socket open for ever.
"""

from __future__ import annotations

import os
import select
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from udaemon.engines.base import Reactor
from udaemon.engines.exec_child import refusal
from udaemon.engines.zygote import wire
from udaemon.engines.zygote.pickling import pack
from udaemon.engines.zygote.popen import Popen
from udaemon.engines.zygote.start import Plan, Starter
from udaemon.system.exit_status import Status, open_child, reap, reap_soon

_AT_ONCE = 16
"""Answers of one turn. While it imports it gives one for each module, and waits to be asked after the last."""


class ZygoteConnection:
    """A managed zygote.

    Args:
        reactor: Where its socket and its pidfd are watched.
        starter: Starts its process.
        plan: What it is made of.
        on_answer: Called with each answer; None stands for one that was no answer.
        on_end: Called once when it has ended and was reaped; `refusal` says then why it was not executed, if so.

    Raises:
        ExecFailed: There is no process.
        OSError: There are no descriptors or there is no memory left.
    """

    spare: int | None = None
    """The child that it has in reserve, which is one of ours: see `spare_child`."""

    def __init__(
        self,
        reactor: Reactor,
        starter: Starter,
        plan: Plan,
        *,
        on_answer: Callable[[ZygoteConnection, dict[str, Any] | None], None],
        on_end: Callable[[ZygoteConnection, Status], None],
    ) -> None:
        self._reactor = reactor
        self._on_answer = on_answer
        self._on_end = on_end
        process = starter.start(plan)
        stdout = plan.output if plan.stdout is None else plan.stdout
        try:
            setup = plan.setup._replace(oom_score=starter.oom_score)
            wire.ask(process.channel, [pack(setup, (stdout, plan.output, *plan.common))])
        except (BrokenPipeError, ConnectionResetError):
            pass  # it died just now, which its pidfd shows
        except OSError:
            process.end()
            raise
        self.refusal: str | None = None
        self.pid = process.pid
        self._process = process
        self._report = process.report
        self._talks = True
        reactor.watch(process.pidfd, self._end)
        reactor.watch(process.channel.fileno(), self._hear)

    def ask(self, popens: Sequence[Popen]) -> None:
        """Ask for these to be forked; for none means to let it go on with its imports.

        Raises:
            OSError: It has gone, or there are no descriptors left.
        """
        wire.ask(self._process.channel, (popen.part for popen in popens))

    def kill(self) -> None:
        """End it; `on_end` follows."""
        self._hang_up()
        self._process.kill()

    def kill_and_wait(self) -> None:
        """End it and reap it, which takes the kernel a moment; for the end of all."""
        self._hang_up()
        self._reactor.forget(self._process.pidfd)
        self._process.end()
        self._report = None
        self._forget_spare(reap_soon)  # it ends by itself

    def _hear(self) -> None:
        """Take in what it has said; who never stops answering shall not keep us."""
        for _ in range(_AT_ONCE):
            if not self._take_in():
                return

    def _take_in(self) -> bool:
        """Take in one answer. Returns whether there may be more."""
        try:
            answer = wire.receive_answer(self._process.channel)
        except BlockingIOError:
            return False
        except ValueError:
            self._on_answer(self, None)
            return self._talks
        except OSError:
            answer = None
        match answer:
            case None:  # it hung up; its pidfd shows the rest
                self._hang_up()
            case {"spare": int(pid)}:
                self._note_spare(pid)
            case {"forked": [[int(pid), 0]]} if pid == self.spare:
                self.spare = None
                self._on_answer(self, answer)
            case _:
                self._on_answer(self, answer)
        return self._talks

    def _note_spare(self, pid: int) -> None:
        """It is no orphan as long as it is noted. A zygote has run other people's code: its word is not enough."""
        self._forget_spare()
        if pid > 1 and (pidfd := open_child(pid)) is not None:
            self.spare = pid
            os.close(pidfd)

    def _forget_spare(self, reap_it: Callable[[int], object] = reap) -> None:
        """Reap it if it has ended; else it is an orphan from now on, and ends soon."""
        spare, self.spare = self.spare, None
        if spare is not None and (pidfd := open_child(spare)) is not None:
            reap_it(pidfd)
            os.close(pidfd)

    def _hang_up(self) -> None:
        if self._talks:
            self._talks = False
            self._reactor.forget(self._process.channel.fileno())
            self._process.channel.close()

    def _close_report(self) -> None:
        report, self._report = self._report, None
        if report is None:
            return
        with suppress(BlockingIOError):
            refused = refusal(os.read(report, select.PIPE_BUF))
            self.refusal = None if refused is None else refused[1]
        os.close(report)

    def _end(self) -> None:
        while self._talks and self._take_in():  # what it said before it ended counts
            pass
        self._hang_up()
        status = reap(self._process.pidfd)
        if status is None:
            return
        self._reactor.forget(self._process.pidfd)
        os.close(self._process.pidfd)
        self._close_report()
        self._forget_spare()
        self._on_end(self, status)
