"""Commands that ask a daemon's process to end: started, watched, and killed with what they were to stop.

Knows nothing of when one is wanted. One that goes on when its daemon's process has ended is what that has left behind,
known by its environment like anything else, and has what is left of the time to end by itself.
"""

from __future__ import annotations

import os
import signal
from functools import partial

from attrs import define

from udaemon.engines.base import Listener, Reactor, SpawnRequest
from udaemon.engines.command_spec import command
from udaemon.engines.commands import ExecFailed, Starts
from udaemon.engines.exec_child import refusal
from udaemon.engines.process import ManagedProcess
from udaemon.policy import wording
from udaemon.policy.events import StopCommandFailed
from udaemon.policy.instance import Key
from udaemon.system.exit_status import Status
from udaemon.system.kernel import KERNEL, Kernel

_CHUNK = 8192


@define(eq=False)
class _Running:
    key: Key
    pid: int
    pidfd: int
    report: int | None


class StopCommands:
    """Those that run at the moment: a process is asked once, so there is one for an instance at most.

    Args:
        reactor: Where their ends are watched.
        listener: Told of each that fails.
        launcher: Executes them.
        kernel: Asked for everything about processes.
    """

    def __init__(self, reactor: Reactor, listener: Listener, launcher: Starts, kernel: Kernel = KERNEL) -> None:
        self._reactor = reactor
        self._listener = listener
        self._launcher = launcher
        self._kernel = kernel
        self._running: dict[Key, _Running] = {}

    @property
    def pids(self) -> tuple[int, ...]:
        """Children of ours that are no daemons' processes."""
        return tuple(one.pid for one in self._running.values())

    def start(self, request: SpawnRequest) -> None:
        """Run one; the descriptor of its output is ours to close."""
        try:
            self._start(request)
        except (ExecFailed, OSError) as error:
            self._listener(request.key, StopCommandFailed(f"cannot be run: {error}"))
        finally:
            os.close(request.output)

    def kill(self, key: Key) -> None:
        """Kill it with its group: what it was to stop is killed too."""
        if (one := self._running.get(key)) is not None:
            self._kernel.kill_group(one.pid)
            self._kernel.send(one.pidfd, signal.SIGKILL)

    def leader_ended(self, managed: ManagedProcess) -> None:
        """What it was to stop has ended. From here on it is looked after like anything that was left behind.

        It is not asked to end: it is about to, and may yet say so.
        """
        if (one := self._running.pop(managed.key, None)) is None:
            return
        self._close(one)
        managed.left_alone = one.pid

    def close(self) -> None:
        """Let go of all descriptors. No process is killed."""
        for key in tuple(self._running):
            self._close(self._running.pop(key))

    def _start(self, request: SpawnRequest) -> None:
        what = command(request.plan, request.daemon, request.key.index, output=request.output)
        started = self._launcher.start(what)
        one = self._running[request.key] = _Running(request.key, *started)
        try:
            self._reactor.watch(one.pidfd, partial(self._on_end, one))
        except BaseException:
            self.kill(request.key)
            self._close(self._running.pop(request.key))
            raise

    def _on_end(self, one: _Running) -> None:
        status = self._kernel.reap(one.pidfd)
        if status is None:
            return
        said = _read(one.report)
        self._reactor.forget(one.pidfd)
        self._close(one, watched=False)
        del self._running[one.key]
        if (refused := refusal(said)) is not None:
            self._listener(one.key, StopCommandFailed(f"cannot be run: {refused[1]}"))
        elif status.code != 0:
            self._listener(one.key, StopCommandFailed(f"failed: {_how(status)}"))

    def _close(self, one: _Running, *, watched: bool = True) -> None:
        if watched:
            self._reactor.forget(one.pidfd)
        os.close(one.pidfd)
        if one.report is not None:
            os.close(one.report)


def _read(report: int | None) -> bytes:
    """What is said of why nothing was executed: less than a pipe holds."""
    if report is None:
        return b""
    try:
        return os.read(report, _CHUNK)
    except BlockingIOError:  # something that it has forked before its exec has it yet
        return b""


def _how(status: Status) -> str:
    if status.code is not None:
        return f"exit code {status.code}"
    return f"killed by {wording.signal_name(status.signal or 0)}"
