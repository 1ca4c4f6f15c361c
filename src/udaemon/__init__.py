"""udaemon: declare every daemon in one manifest, run them all, and see what each one did.

Loads nothing until a name is asked for: every verb and every child imports this package first.
"""

from __future__ import annotations

TYPE_CHECKING = False  # type checkers know the name; `typing` would be most of what the logger loads
if TYPE_CHECKING:
    from typing import Any

    from udaemon.child.embed import run
    from udaemon.child.task import CallbackTask, StopTask, Task, TaskContext, TaskEvent, steers
    from udaemon.engines.zygote.context import ZygoteContext
    from udaemon.runner import Runner

__version__ = "0.1.0"

__all__ = [
    "CallbackTask",
    "Runner",
    "StopTask",
    "Task",
    "TaskContext",
    "TaskEvent",
    "ZygoteContext",
    "__version__",
    "run",
    "steers",
]


def __getattr__(name: str) -> Any:
    if name == "run":
        from udaemon.child.embed import run

        return run
    if name == "Runner":
        from udaemon.runner import Runner

        return Runner
    if name == "ZygoteContext":
        from udaemon.engines.zygote.context import ZygoteContext

        return ZygoteContext
    if name in __all__:
        from udaemon.child import task

        return getattr(task, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
