"""The manifest as frozen values: what each key means, its type and its default.

Knows nothing of files, formats or how a value was spelled; `structure.py` builds these from plain dicts.
A key is declared here once: the schema, the reference docs and `explain` are made from its metadata. Annotations are no
text here: cattrs would evaluate each, which takes 5 ms of each start.
"""

from binascii import crc32
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from attrs import Factory, field

from udaemon.frozen import frozen
from udaemon.manifest import hooks, limits, log_table, run_bounds, schedule
from udaemon.manifest.cgroups import CGROUP, Cgroup
from udaemon.manifest.chains import AfterRun
from udaemon.manifest.containers import Many, Parameters
from udaemon.manifest.dependencies import Dependency, depends_on_key
from udaemon.manifest.env_file_names import ENV_FILE, EnvFileName
from udaemon.manifest.exclusions import Exclusion
from udaemon.manifest.hooks import Listeners
from udaemon.manifest.instance_values import INSTANCE, filled
from udaemon.manifest.keys import Applies, Table, key
from udaemon.manifest.kinds import KINDS, PYTHON, TASKS
from udaemon.manifest.limits import ResourceLimit, StartMethod
from udaemon.manifest.log_table import Log, LogFormat, LogStderr, OnFull
from udaemon.manifest.probes import Health, Ready, health_key, ready_key, way
from udaemon.manifest.references import MODULE, NAME, PATH, PYTHON_CALLABLE, Command, Umask
from udaemon.manifest.schedule import Misfire, Overlap
from udaemon.manifest.steps import StepCommand, after_stop_key, before_start_key
from udaemon.manifest.tables import Backoff, Php, Restart, StartLimit, Stop
from udaemon.manifest.values import Choice, Flag, Number, Text

__all__ = [
    "KINDS",
    "PYTHON",
    "TASKS",
    "Backoff",
    "Daemon",
    "Health",
    "Listeners",
    "Log",
    "LogFormat",
    "LogStderr",
    "Manifest",
    "OnFull",
    "Php",
    "Ready",
    "Restart",
    "StartLimit",
    "StartMethod",
    "Stop",
]

MOST_INSTANCES = 10_000
BARE = 13 * 1024**2
"""Bytes that a daemon's Python process has resident before it imports anything of its own; measured on Linux."""


@frozen(kw_only=True, slots=False)  # `evolve` copies its dict, and it is pickled in half the time
class Daemon:
    """One declared daemon with `defaults` merged in. Durations in seconds, paths absolute.

    One of `factory`, `task`, `php.factory`, `php.entry` and `command` is set; with `php.entry`, `command` is how one
    would start the daemon by hand.
    """

    name: str = field()
    factory: str | None = key(
        'Callable that makes the task: "package.module:function" or "package.module:Class.method". It is called once '
        "in a process, and returns an object with `do_task()`, or a function.",
        PYTHON_CALLABLE,
        example="jobs.mail:create",
    )
    task: str | None = key(
        'Function that is the task itself, and that each run calls: "package.module:function". An object with '
        "`do_task()` will do, too.",
        PYTHON_CALLABLE,
        example="jobs.mail:send_mail",
    )
    params: Mapping[str, Any] = key(
        "Keyword arguments for `factory`, or for each run of `task`.",
        Parameters(),
        factory=dict,
        example={"queue": "mail"},
        only=PYTHON,
    )
    php: Php = key(
        "A task in PHP, each run of which is asked of a PHP process; or a whole daemon of ustream/daemon.",
        Table(Php),
        default=Php(),
    )
    command: tuple[str, ...] | None = key(
        "Program to run with its arguments: a list, or a string that is split as a shell splits words. A program named "
        "with a slash is found from `cwd`. `${UDAEMON_INSTANCE}` in it is the number of the instance.",
        Command(),
        example="redis-server --port 6380",
    )
    shell: bool = key(
        "Let /bin/sh run the command, which is one string then.", Flag(), default=False, example=True, only=("command",)
    )
    description: str = key(
        "What this daemon is for.",
        Text(),
        default="",
        example="Sends queued mail",
        inherited=False,
        applies=Applies.LIVE,
    )
    extends: str | None = key(
        "Daemon whose keys hold here too, where this one does not say otherwise.",
        NAME,
        example="mailer",
        inherited=False,
        applies=Applies.LIVE,
    )
    tags: tuple[str, ...] = key(
        "Words to find it by: `tag:WORD` stands for all daemons with the word wherever a verb takes a name.",
        Many(NAME, "names", single=True),
        default=(),
        example=["mail"],
        applies=Applies.LIVE,
    )
    profiles: tuple[str, ...] = key(
        "Profiles it belongs to; it is left out unless one of them is asked for.",
        Many(NAME, "names", single=True),
        default=(),
        example=["dev"],
        inherited=False,
        applies=Applies.NEXT_START,
    )
    instances: int = key(
        "How many copies to run, numbered from 0.",
        Number(1, MOST_INSTANCES, whole=True),
        default=1,
        example=2,
        applies=Applies.LIVE,
    )
    autostart: bool = key(
        "Start it with `udaemon up`.", Flag(), default=True, example=False, applies=Applies.NEXT_START
    )
    enabled: bool = key(
        "Whether it may run at all; false keeps it declared.",
        Flag(),
        default=True,
        example=False,
        inherited=False,
    )
    depends_on: tuple[Dependency, ...] = depends_on_key()
    ready: Ready = ready_key()
    health: Health = health_key()
    restart: Restart = key(
        "When to start it again after it ended by itself.",
        Choice(
            Restart,
            {
                "always": "However it ended.",
                "on-failure": "When it ended with a failure: an exception, a signal, an exit code that is no success.",
                "never": "Not at all.",
            },
        ),
        default=Restart.ON_FAILURE,
        example="always",
        applies=Applies.LIVE,
    )
    backoff: Backoff = key(
        "How long to wait before a restart.", Table(Backoff), default=Backoff(), applies=Applies.LIVE
    )
    start_limit: StartLimit = key(
        "How many restarts there may be.", Table(StartLimit), default=StartLimit(), applies=Applies.LIVE
    )
    success_exit_codes: tuple[int, ...] = key(
        "Exit codes that are no failure.",
        Many(Number(0, 255, whole=True), "exit codes, 0 to 255"),
        default=(0,),
        example=[0, 3],
        applies=Applies.LIVE,
    )
    stop: Stop = key("How it is asked to stop.", Table(Stop), default=Stop(), applies=Applies.LIVE)
    before_start: tuple[StepCommand, ...] = before_start_key()
    after_stop: tuple[StepCommand, ...] = after_stop_key()
    sleep: float = schedule.SLEEP
    min_sleep: float = schedule.MIN_SLEEP
    cron: str | None = schedule.CRON
    timezone: str | None = schedule.TIMEZONE
    jitter: float = schedule.JITTER
    stagger: bool = schedule.STAGGER
    run_on_start: bool | None = schedule.RUN_ON_START
    overlap: Overlap = schedule.OVERLAP
    misfire: Misfire = schedule.MISFIRE
    exclusions: tuple[Exclusion, ...] = schedule.EXCEPT
    begins: str | None = schedule.FROM
    until: str | None = schedule.UNTIL
    after_run: tuple[AfterRun, ...] = schedule.AFTER_RUN
    lock: tuple[str, ...] = schedule.LOCK
    memory_limit: int | None = limits.MEMORY_LIMIT
    memory_threshold: float = limits.MEMORY_THRESHOLD
    task_timeout: float | None = run_bounds.TASK_TIMEOUT
    env: Mapping[str, str] = limits.ENV
    env_inherit: bool = limits.ENV_INHERIT
    env_file: tuple[EnvFileName, ...] = ENV_FILE
    cwd: str = key("Working directory.", PATH, default="", example="/srv", shown_default="the manifest's directory")
    umask: int = key("File mode creation mask, in octal.", Umask(), default=0o022, example="027")
    user: str | None = limits.USER
    group: str | None = limits.GROUP
    nice: int | None = limits.NICE
    oom_score: int | None = limits.OOM_SCORE
    rlimits: Mapping[str, ResourceLimit] = limits.RLIMITS
    cgroup: Cgroup = CGROUP
    stdin: str | None = limits.STDIN
    python: str | None = limits.PYTHON
    preload: tuple[str, ...] = key(
        "Modules to import once, before daemons are forked; all daemons share their memory.",
        Many(MODULE, "module names", single=True),
        default=(),
        example=["json", "sqlite3"],
        only=TASKS,
    )
    start_method: StartMethod = limits.START_METHOD
    log_dir: str = log_table.LOG_DIR
    common_log: str = log_table.COMMON_LOG
    log: Log = log_table.LOG
    on: Listeners = hooks.on_key("Who is told of events: Python callables, commands, webhooks.")

    @cached_property
    def is_probed(self) -> bool:
        """Whether anything is asked of its process, or awaited from it, but that it lives."""
        return way(self.ready) is not None or way(self.health) is not None

    @cached_property
    def is_scheduled(self) -> bool:
        """Whether it is a command that is executed again and again, each time a run."""
        return self.kind == "command" and (self.cron is not None or self.sleep > 0 or bool(self.after_run))

    @property
    def kind(self) -> str:
        """Which of the keys says what to run."""
        if self.factory or self.task:
            return "factory" if self.factory else "task"
        return "php" if self.php.factory else "php.entry" if self.php.entry else "command"

    @property
    def shares_log(self) -> bool:
        """Whether all its instances write to one file."""
        return self.log.file is None or INSTANCE not in self.log.file

    def log_path(self, context: str, index: int = 0) -> str:
        """Return the file of an instance's output."""
        if self.log.file is None:
            return f"{self.log_dir}/{self.name}{f'-{context}' if context else ''}.log"
        return filled(self.log.file, self.name, index, self.instances)

    def error_log_path(self, context: str, index: int = 0) -> str | None:
        """Return the file of what an instance writes to stderr, None where that goes to the other one."""
        if self.log.stderr is not LogStderr.SEPARATE:
            return None
        path = self.log_path(context, index)
        return f"{path[:-4]}.err.log" if path.endswith(".log") else f"{path}.err"


@frozen(kw_only=True)
class Manifest:
    """A whole manifest, checked and complete. `file` and `directory` are real, absolute paths.

    `state_dir` is where is kept what outlives a supervisor. `files` are all that were read for it, each with its time
    (nanoseconds) and size; they are no part of what it says. `scaled` are the daemons whose number of
    instances the operator has changed since, each with the one that the files say.
    """

    file: str
    directory: str
    project: str
    context: str = ""
    run_dir: str | None = None
    max_starting: int | None = None
    env: Mapping[str, str] = Factory(dict)
    on: Listeners = Listeners()
    daemons: Mapping[str, Daemon] = Factory(dict)
    state_dir: str | None = field(default=None, eq=False)
    files: Mapping[str, tuple[int, int]] = field(factory=dict, eq=False, repr=False)
    scaled: Mapping[str, int] = field(factory=dict, eq=False, repr=False)

    @property
    def stamps(self) -> str | None:
        """Where the last due times are kept: two manifests may have one project name."""
        return self.state_dir and f"{self.state_dir}/schedule-{crc32(f'{self.file} {self.context}'.encode()):08x}"

    def log_path(self, daemon: Daemon, index: int = 0) -> str:
        """Return the file of its output."""
        return daemon.log_path(self.context, index)
