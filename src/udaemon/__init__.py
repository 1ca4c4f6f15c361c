"""Declare every daemon in one manifest, run them all, and see what each one did.

What a program imports from here:

- a task: `Task`, `TaskContext`, `CallbackTask` and `StopTask`; its listeners: `TaskEvent` and `steers`;
- a program that runs a task itself: `run`, until its `End`; one that runs a daemon of a manifest: `Runner`;
- a program that asks and steers what runs: `udaemon.client`;
- a program with many processes: `ZygoteContext`, a start method of multiprocessing.

What goes wrong for reasons outside the program is a `UdaemonError`: `message` and `hint` are for people, `exit_code` is
that of the verb (`ExitCode`). Of its kinds `ManifestError` has `problems`, each a `Problem` with file, line and column;
the others are `Misconfigured`, `NoSuchDaemon`, `NotRunning` and `WaitTimedOut`.
Durations are seconds, or text as in a manifest ("1m30s"); sizes are bytes, or text ("256M").

Everything that is not named here is udaemon's own. Nothing is loaded until a name is asked for: every verb and every
child imports this package first.
"""

from __future__ import annotations

TYPE_CHECKING = False  # type checkers know the name; `typing` would be most of what the logger loads
if TYPE_CHECKING:
    from udaemon.child.embed import End, run
    from udaemon.child.forms import Misconfigured
    from udaemon.child.task import CallbackTask, StopTask, Task, TaskContext, TaskEvent, steers
    from udaemon.engines.zygote.context import ZygoteContext
    from udaemon.errors import (
        ExitCode,
        ManifestError,
        NoSuchDaemon,
        NotRunning,
        Problem,
        UdaemonError,
        WaitTimedOut,
    )
    from udaemon.runner import Runner

__version__ = "0.1.0"

__all__ = [
    "CallbackTask",
    "End",
    "ExitCode",
    "ManifestError",
    "Misconfigured",
    "NoSuchDaemon",
    "NotRunning",
    "Problem",
    "Runner",
    "StopTask",
    "Task",
    "TaskContext",
    "TaskEvent",
    "UdaemonError",
    "WaitTimedOut",
    "ZygoteContext",
    "__version__",
    "run",
    "steers",
]

_ELSEWHERE = {
    "End": "child.embed",
    "Misconfigured": "child.forms",
    "Runner": "runner",
    "ZygoteContext": "engines.zygote.context",
    "run": "child.embed",
}
_ERRORS = {"ExitCode", "ManifestError", "NoSuchDaemon", "NotRunning", "Problem", "UdaemonError", "WaitTimedOut"}


if not TYPE_CHECKING:  # else they would take any name for one of ours

    def __getattr__(name):
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        module = _ELSEWHERE.get(name, "errors" if name in _ERRORS else "child.task")
        return getattr(import_module(f"{__name__}.{module}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
