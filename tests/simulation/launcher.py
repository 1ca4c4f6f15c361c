"""Executes commands as processes of a `World`, as late and as badly as a seed has it.

Knows nothing of what a program does once it runs.
"""

from __future__ import annotations

import os
import pickle
import signal
from collections.abc import Callable
from contextlib import suppress

from tests.simulation.kernel import SimulatedKernel
from tests.simulation.processes import US, Process
from tests.simulation.world import World

from udaemon.engines.commands import Command, ExecFailed, Started
from udaemon.policy.instance import Key, Phase
from udaemon.policy.reasons import Trouble
from udaemon.system.exit_status import Status

_MARKS = ("UDAEMON_PROJECT", "UDAEMON_NAME", "UDAEMON_INSTANCE")


class SimulatedLauncher:
    """Executes commands as processes of the world.

    Args:
        live: Called with a process whose program begins, and its socket for reports, if any.
    """

    def __init__(self, world: World, kernel: SimulatedKernel, live: Callable[[Process, int | None], None]) -> None:
        self._world = world
        self._kernel = kernel
        self._live = live

    def start(self, command: Command) -> Started:
        world, chance = self._world, self._world.chance
        world.system_call()
        if world.hit(world.faults.fork_refused):
            raise ExecFailed("fork: Resource temporarily unavailable (EAGAIN)", Trouble.RESOURCE)
        key, marks, report = _read(command)
        keep = [command.output, *(fd for fd in command.keep if fd != report)]
        process = world.fork(US, fds=keep, key=key, leader=True, marks=marks)
        if report is not None:
            report = os.dup(report)
            process.fds.append(report)
        process.step = _step(command)
        world.on_fork(process)
        process.on_signal = lambda number: world.end(process, Status(None, number, core=False))
        if world.hit(world.faults.no_descriptors):
            world.deliver(process, signal.SIGKILL)
            raise ExecFailed("pidfd: Too many open files (EMFILE)", Trouble.RESOURCE)
        refused = _refusal(world)
        if world.hit(0.5):  # as `Popen` does it: back when the program runs
            if refused is not None:
                world.end(process, Status(127, None, core=False))
                world.reaped(process)
                raise ExecFailed(refused[1], refused[0])
            self._runs(process, report)
            return Started(process.pid, self._kernel.pidfd(process), None)
        read, write = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        process.fds.append(write)
        takes = chance.choice((0.0, 0.001, 0.1, 3.0, 9.0))
        if takes > 1.0 and world.hit(0.3):
            process.unkillable_until = world.now + takes + chance.uniform(0.0, 20.0)
        world.at(takes, lambda: self._executed(process, report, write, refused))
        return Started(process.pid, self._kernel.pidfd(process), read)

    def limit_raised(self, nofile: tuple[int, int]) -> None:
        """There is no limit here."""

    def close(self) -> None:
        """There is nothing to close."""

    def _executed(self, process: Process, report: int | None, write: int, refused: tuple[Trouble, str] | None) -> None:
        if not process.acts:
            return
        if refused is not None:
            with suppress(BrokenPipeError):  # nobody listens any more
                os.write(write, f"+{refused[0].value} {refused[1]}".encode())
            self._world.end(process, Status(127, None, core=False))
            return
        process.fds.remove(write)
        os.close(write)
        self._runs(process, report)

    def _runs(self, process: Process, report: int | None) -> None:
        process.executed, process.executed_at = True, self._world.now
        self._world.say("exec", process.pid)
        self._live(process, report)


def _step(command: Command) -> tuple[Phase, int] | None:
    """Which step it is, by its name: `before-start:0`."""
    phase, colon, index = command.argv[0].partition(":")
    return (Phase(phase), int(index)) if colon and index.isdigit() else None


def _refusal(world: World) -> tuple[Trouble, str] | None:
    if world.hit(0.02):
        return Trouble.CONFIG, "exec db: No such file or directory (ENOENT)"
    return (Trouble.RESOURCE, "exec db: Text file busy (ETXTBSY)") if world.hit(0.04) else None


def _read(command: Command) -> tuple[Key, dict[bytes, bytes], int | None]:
    """Whose process a command is, the marks in its environment, and its socket for reports."""
    if command.argv[-1].isdigit():  # an interpreter of its own for a task, with a memory file that says what it is
        with open(int(command.argv[-1]), "rb", closefd=False) as order:
            spec, fds = pickle.load(order)
        return Key(spec.name, spec.index), {}, fds.events
    marks = {name.encode(): command.env[name].encode() for name in _MARKS}
    return Key(command.env[_MARKS[1]], int(command.env[_MARKS[2]])), marks, None
