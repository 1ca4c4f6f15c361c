"""Commands between fork and exec: told as soon as their program runs, or as held up where that takes too long.

Knows nothing of how they were forked or end. The kernel executes a program when it has read it, and enters a directory
when it has found it: on a network file system whose server has gone, that is never.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from functools import partial

from attrs import define

from udaemon.engines.base import CANCELLED, Listener, Reactor
from udaemon.engines.commands import Command, Started
from udaemon.engines.exec_child import has_entered, refusal
from udaemon.engines.process import ManagedProcess
from udaemon.policy.events import Executed, Spawned, SpawnFailed
from udaemon.policy.instance import Key
from udaemon.policy.reasons import Trouble
from udaemon.system import mounts
from udaemon.system.kernel import KERNEL, Kernel

_CHUNK = 8192


@define(eq=False)
class _Attempt:
    managed: ManagedProcess
    command: Command
    report: int
    held_at: float
    said: bytes = b""
    held: bool = False
    """It was told to be there without its program."""


class Executing:
    """Watches each command until its program runs or cannot.

    Args:
        reactor: Where their pipes are watched.
        listener: Told `Spawned` and `Executed`. What could not be executed is told when its process has ended.
        on_executed: Called with each whose program runs, before that is told.
        held_after: Seconds after which one is told to be there without its program.
        kernel: Has the clock, and sends signals.
    """

    def __init__(
        self,
        reactor: Reactor,
        listener: Listener,
        on_executed: Callable[[ManagedProcess], None],
        held_after: float,
        kernel: Kernel = KERNEL,
    ) -> None:
        self._reactor = reactor
        self._listener = listener
        self._on_executed = on_executed
        self._held_after = held_after
        self._kernel = kernel
        self._attempts: dict[Key, _Attempt] = {}

    @property
    def deadline(self) -> float | None:
        """When the next one is held up too long, None for never."""
        # They are in the order in which they were forked, and all have the same time.
        return next((one.held_at for one in self._attempts.values() if not one.held), None)

    def watch(self, managed: ManagedProcess, command: Command, started: Started) -> None:
        """Follow a command that was just started; the pipe is ours."""
        if started.report is None:
            self._runs(managed, Spawned(managed.pid))
            return
        attempt = _Attempt(managed, command, started.report, self._kernel.now() + self._held_after)
        self._attempts[managed.key] = attempt
        self._reactor.watch(attempt.report, partial(self._hear, attempt))

    def cancel(self, key: Key) -> None:
        """Do without one whose program does not run yet."""
        attempt = self._attempts.get(key)
        if attempt is None or attempt.held or attempt.managed.refusal is not None:
            return
        self._hear(attempt)
        if key not in self._attempts:
            return
        attempt.managed.refusal = SpawnFailed(Trouble.RESOURCE, CANCELLED)
        self._kernel.send(attempt.managed.pidfd, signal.SIGKILL)

    def expire(self, now: float) -> None:
        """Tell those that have taken too long. Their processes are there, and can be signalled like any other."""
        for attempt in tuple(self._attempts.values()):
            if attempt.held_at > now:
                return
            if not attempt.held:
                attempt.held = True
                self._listener(attempt.managed.key, Spawned(attempt.managed.pid, held_up=self._held_up(attempt)))

    def close(self) -> None:
        """Let go of all descriptors."""
        for attempt in tuple(self._attempts.values()):
            self._done(attempt)

    def _hear(self, attempt: _Attempt) -> None:
        """Take in what there is; at its end the program runs, or never will."""
        try:
            while data := os.read(attempt.report, _CHUNK):
                attempt.said += data
        except BlockingIOError:
            return
        self._done(attempt)
        managed = attempt.managed
        if (refused := refusal(attempt.said)) is not None:
            managed.refusal = SpawnFailed(*refused)
        elif managed.refusal is None:
            self._runs(managed, Executed() if attempt.held else Spawned(managed.pid))

    def _runs(self, managed: ManagedProcess, event: Spawned | Executed) -> None:
        self._on_executed(managed)
        self._listener(managed.key, event)

    def _done(self, attempt: _Attempt) -> None:
        self._reactor.forget(attempt.report)
        os.close(attempt.report)
        del self._attempts[attempt.managed.key]

    def _held_up(self, attempt: _Attempt) -> str:
        """What the kernel has not come back from, and the file system that this may be about."""
        command = attempt.command
        if has_entered(attempt.said):
            program = command.argv[0] if command.argv else ""
            what, path = f"exec {program}", os.path.join(command.cwd, program) if "/" in program else None
        else:
            what, path = f"chdir {command.cwd}", command.cwd
        where = None if path is None else mounts.beneath(path)
        told = "" if where is None else f"; {where.point} is {where.kind}"
        return f"{what} has not returned after {self._held_after:g} s{told}"
