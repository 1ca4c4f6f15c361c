"""What a task's author writes against: the task protocol, its context, StopTask, CallbackTask, and the events.

Knows nothing of the loop that calls them. Everything here can be made by hand in a user's own tests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

if TYPE_CHECKING:
    import logging


_Listener = TypeVar("_Listener", bound=Callable[..., Any])


class StopTask(Exception):
    """Raised by a task to end its daemon cleanly. The run that raises it is done, not failed."""


class Task(Protocol):
    """Anything with `do_task`, plain or `async def`. No base class is needed.

    `on_hangup`, `on_user1` and `on_user2`, if the task has them, are called without arguments between runs when the
    process receives HUP, USR1 or USR2. `ready` and `health`, if it has them, are asked between runs: False or an
    exception means no.
    """

    def do_task(self) -> Any:
        """Do the work of one run."""


class CallbackTask:
    """A task made of a function, plain or `async def`."""

    def __init__(self, callback: Callable[[], Any]) -> None:
        self.do_task = callback


class PrecedingRun(NamedTuple):
    """The run of another daemon after which this one comes, by `after-run`. `outcome` is `ok` or `failed`."""

    name: str
    instance: int
    id: int
    outcome: str


class TaskContext:
    """What a factory that takes `context` is given.

    `params` are the manifest's, `context` is the manifest's `context` ("production"), `instance` counts from 0.
    """

    def __init__(
        self,
        name: str,
        *,
        instance: int = 0,
        instances: int = 1,
        params: Mapping[str, Any] = MappingProxyType({}),
        context: str = "",
        stopping: Callable[[], bool] = lambda: False,
        run_id: Callable[[], int] = lambda: 1,
    ) -> None:
        self.name = name
        self.instance = instance
        self.instances = instances
        self.params = params
        self.context = context
        self.after: PrecedingRun | None = None
        """In a run that comes after one of another daemon, that run."""
        self._stopping = stopping
        self._run_id = run_id
        self._log: logging.Logger | None = None

    @property
    def stopping(self) -> bool:
        """True once a stop was asked for: a long run may look at it and return early."""
        return self._stopping()

    @property
    def run_id(self) -> int:
        """The number of the run under way; between runs, of the next one."""
        return self._run_id()

    @property
    def log(self) -> logging.Logger:
        """A logger with the daemon's name. Until the program sets logging up itself, INFO and above go to stderr."""
        if self._log is None:
            self._log = _logger(self.name)
        return self._log


class _Facts(NamedTuple):
    """What an event says; see `TaskEvent`."""

    kind: str
    name: str
    instance: int
    run_id: int | None = None
    started: float | None = None
    duration: float | None = None
    lateness: float | None = None
    stopping: bool = False
    error: BaseException | None = None


class TaskEvent(_Facts):
    """What a listener is told. Durations in seconds; `started` is wall time, in seconds since the epoch.

    `kind` is `start`, `task_done` or `task_failed`. At `start` there is no run: the fields that belong to one are None.
    `lateness` is how long after its planned moment the run began. `stopping` is true when no run follows; `error` is
    the exception of a failed run.
    """

    stops = False
    """Whether a listener has called `stop`."""

    def stop(self) -> None:
        """End the daemon as StopTask does, once all listeners were told: no further run begins."""
        self.stops = True


def steers(listener: _Listener) -> _Listener:
    """Mark a listener whose exception ends the daemon as one of the task does; StopTask ends it cleanly."""
    listener.steers = True  # type: ignore[attr-defined]
    return listener


def _logger(name: str) -> logging.Logger:
    import logging  # only a task that logs through us pays for it

    logger = logging.getLogger(name)
    if logger.handlers:
        return logger
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    # A program that configures the root logger, before or after this, gets the lines there and not twice.
    handler.addFilter(lambda _record: not logging.getLogger().handlers)
    logger.addHandler(handler)
    if logger.level == logging.NOTSET and not logging.getLogger().handlers:
        logger.setLevel(logging.INFO)
    return logger
