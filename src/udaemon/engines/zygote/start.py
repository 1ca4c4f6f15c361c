"""Starts the process of a zygote: by executing it, or by taking one that was begun beforehand.

Knows nothing of what it imports.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

from udaemon.child import other_python
from udaemon.child.environment import callers, interpreter, read_at_startup
from udaemon.engines.commands import Command, ExecFailed, Launcher
from udaemon.engines.zygote import wire
from udaemon.engines.zygote.prefork import PreforkedZygote
from udaemon.engines.zygote.server import Setup
from udaemon.system import oom

_SERVE = "import runpy\nrunpy.run_module('udaemon.engines.zygote', run_name='__main__')"

MANY = 1000
"""For so many processes a zygote is executed. One that was forked shares memory with each process above it, and the
kernel notes each mapping once for each of those at every fork (decision 0009)."""


class Plan(NamedTuple):
    """What a zygote is made of. All its children have `common`.

    `output` becomes its stderr, and its stdout too unless it has `stdout` for that. `python` is the interpreter that it
    is, as the manifest names it, None for ours.
    """

    output: int
    common: tuple[int, ...]
    setup: Setup
    stdout: int | None = None
    python: str | None = None


class Starter:
    """Starts the processes of zygotes.

    Args:
        preforked: One that waits; it is the first where the plan allows that.
        oom_score: What their children get, where ours was lowered. A zygote has ours: without it nothing is restarted.
        forks: How many processes of our interpreter are about to be asked for. For many, one is executed at once in
            place of `preforked`, while what it shall import is still being found out.
    """

    def __init__(self, preforked: PreforkedZygote | None = None, oom_score: int | None = None, forks: int = 1) -> None:
        self.oom_score = oom_score
        self._launcher = Launcher()
        self._preforked = preforked
        if preforked is not None and not 0 < forks < MANY:
            self.send_away()
        elif preforked is not None and oom_score is not None:
            oom.give(preforked.pid, oom.SHIELDED)
        if forks >= MANY:
            with suppress(ExecFailed, OSError):  # then it is told when one is asked for
                self._preforked = self._execute(_ours(callers()), callers(), "/", output=0)

    @property
    def pids(self) -> Iterator[int]:
        """The preforked one, while it lives: nobody watches it, so that it is reaped as any orphan."""
        if self._preforked is not None and self._preforked.lives():
            yield self._preforked.pid

    def start(self, plan: Plan) -> PreforkedZygote:
        """A zygote that waits for the plan's setup. To reap it is the caller's part.

        Raises:
            ExecFailed: There is no process.
            OSError: There are no descriptors or there is no memory left.
        """
        if self._preforked is not None and self._preforked.lives() and _suits(plan):
            preforked, self._preforked = self._preforked, None
            return preforked
        if plan.python is None:
            self.send_away()
        return self._execute(_program(plan), plan.setup.env, plan.setup.cwd, plan.output)

    def _execute(self, program: Sequence[str], env: Mapping[str, str], cwd: str, output: int) -> PreforkedZygote:
        channel, far = wire.pair()
        number = far.fileno()
        command = Command(argv=(*program, str(number)), env=env, cwd=cwd, output=output, keep=(number,))
        try:
            with far:
                started = self._launcher.start(command)
            return PreforkedZygote(started.pid, started.pidfd, channel, started.report)
        except BaseException:
            channel.close()
            raise

    def send_away(self) -> None:
        """End a preforked one."""
        preforked, self._preforked = self._preforked, None
        if preforked is not None:
            preforked.end()

    def close(self) -> None:
        """Close all that is kept in reserve."""
        self.send_away()
        self._launcher.close()


def _program(plan: Plan) -> tuple[str, ...]:
    """What is executed, up to the number of its channel."""
    if plan.python is None:
        return _ours(plan.setup.env)
    python = other_python.resolved(plan.python, plan.setup.cwd)
    return (*interpreter(plan.setup.env, python), "-c", other_python.program(plan.python, _SERVE))


def _ours(env: Mapping[str, str]) -> tuple[str, ...]:
    # -P: the directory it is started in is no place to import udaemon from.
    return (*interpreter(env), "-P", "-m", "udaemon.engines.zygote")


def _suits(plan: Plan) -> bool:
    """Whether a process that began as we did can be what is wanted."""
    changed = {name for name, _ in plan.setup.env.items() ^ callers().items()}
    return plan.python is None and not any(map(read_at_startup, changed))
