"""Starts the process of a zygote: by executing it, or by taking one that was forked beforehand.

Knows nothing of what it imports.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from udaemon.child import other_python
from udaemon.child.environment import callers, interpreter, read_at_startup
from udaemon.engines.commands import Command, Launcher
from udaemon.engines.zygote import wire
from udaemon.engines.zygote.prefork import PreforkedZygote
from udaemon.engines.zygote.server import Setup
from udaemon.system import oom

_SERVE = "import runpy\nrunpy.run_module('udaemon.engines.zygote', run_name='__main__')"


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
    """

    def __init__(self, preforked: PreforkedZygote | None = None, oom_score: int | None = None) -> None:
        self.oom_score = oom_score
        self._launcher = Launcher()
        self._preforked = preforked
        if preforked is not None and oom_score is not None:
            oom.give(preforked.pid, oom.SHIELDED)

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
        channel, far = wire.pair()
        env, number = plan.setup.env, far.fileno()
        argv = (*_program(plan), str(number))
        command = Command(argv=argv, env=env, cwd=plan.setup.cwd, output=plan.output, keep=(number,))
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
        # -P: the directory it is started in is no place to import udaemon from.
        return (*interpreter(plan.setup.env), "-P", "-m", "udaemon.engines.zygote")
    python = other_python.resolved(plan.python, plan.setup.cwd)
    return (*interpreter(plan.setup.env, python), "-c", other_python.program(plan.python, _SERVE))


def _suits(plan: Plan) -> bool:
    """Whether a process that began as we did can be what is wanted."""
    changed = {name for name, _ in plan.setup.env.items() ^ callers().items()}
    return plan.python is None and not any(map(read_at_startup, changed))
