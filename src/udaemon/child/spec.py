"""The specification of a child: which daemon it is, what to build, and the file descriptors it gets.

Knows nothing of the manifest. Plain tuples of plain values: they cross to the zygote and must load without attrs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from udaemon.child.identity import NOBODY_ELSE, Identity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from udaemon.policy.calendar import Timetable

NO_LISTENERS: Mapping[str, tuple[str, ...]] = MappingProxyType({})


class Pace(NamedTuple):
    """What the loop goes by, where there is no manifest. The names are those of `ChildSpec`."""

    sleep: float
    min_sleep: float
    memory_limit: int | None
    memory_threshold: float


class Asked(NamedTuple):
    """How often a task's own method is asked, in seconds, and how many answers in a row count."""

    period: float
    delay: float
    failures: int
    successes: int


NO_QUESTIONS: Mapping[str, Asked] = MappingProxyType({})


class ChildSpec(NamedTuple):
    """One instance of a daemon that runs a task. Durations in seconds, paths absolute.

    `factory` names what makes its task; with `is_task` it is the task itself, and `params` are passed to each run.
    `env` is added to the environment; `listeners` maps `start`, `task_done` and `task_failed` to "pkg.mod:function"
    names, or to functions where there is no process between; `directory` is the manifest's, and goes on `sys.path`;
    `slot` is the number of its scoreboard slot; `rlimit_nofile` is the (soft, hard) limit to set back, None to leave it
    alone; `memory_limit` is in bytes, None for no limit, and `memory_threshold` the percent of it above which the
    process leaves between two runs. `timetable` is there where more is said of when runs are due than `sleep`.
    `identity` is who it runs as, and within which limits. Without `env_inherit` the environment of the process it is
    forked from is none of its own. `asked` says how the methods `ready` and `health` of a task are asked; where the
    manifest has another way to tell, the method is not. `tells` are further events that the supervisor is told of:
    `task_done`, `missed`. With `locks` it asks its supervisor before each run, and with `after` it has its runs after
    those of these daemons.
    """

    name: str
    index: int  # type: ignore[assignment]  # hides tuple.index, which means nothing here
    instances: int
    project: str
    context: str
    factory: str
    params: Mapping[str, Any]
    env: Mapping[str, str]
    cwd: str
    umask: int
    sleep: float
    min_sleep: float
    directory: str
    preload: tuple[str, ...] = ()
    listeners: Mapping[str, tuple[str | Callable[..., Any], ...]] = NO_LISTENERS
    slot: int = 0
    rlimit_nofile: tuple[int, int] | None = None
    memory_limit: int | None = None
    memory_threshold: float = 70.0
    is_task: bool = False
    timetable: Timetable | None = None
    identity: Identity = NOBODY_ELSE
    env_inherit: bool = True
    locks: bool = False
    after: tuple[str, ...] = ()
    asked: Mapping[str, Asked] = NO_QUESTIONS
    tells: tuple[str, ...] = ()

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the mappings as dicts: a mapping proxy cannot be pickled."""
        plain = self._replace(params=dict(self.params), env=dict(self.env), listeners=dict(self.listeners))
        plain = plain._replace(asked=dict(self.asked))
        return (ChildSpec, tuple(plain))


class ChildFds(NamedTuple):
    """The descriptors a child is given, each None where there is none.

    `output` is the write end of its log pipe, `lock` holds the instance's lock, `events` is its socket for reports,
    `parent` the read end of a pipe that ends when the supervisor dies, `scoreboard` the scoreboard file; `errors` is
    for its stderr, where that does not go to `output`.
    """

    output: int | None = None
    lock: int | None = None
    events: int | None = None
    parent: int | None = None
    scoreboard: int | None = None
    errors: int | None = None
