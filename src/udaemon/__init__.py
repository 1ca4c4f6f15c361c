"""udaemon: declare every daemon in one manifest, run them all, and see what each one did.

Loads nothing until a name is asked for: every verb and every child imports this package first.
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
