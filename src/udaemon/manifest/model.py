"""The manifest as frozen values: what each key means, its type and its default.

Knows nothing of files, formats or how a value was spelled; `structure.py` builds these from plain dicts.
A key is declared here once: the schema, the reference docs and `explain` are made from its metadata.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from attrs import Factory, field, frozen

from udaemon.manifest.containers import Environment, Many, Parameters
from udaemon.manifest.keys import Table, key
from udaemon.manifest.references import MODULE, NAME, PATH, Command, Cooldown, PythonCallable, SignalName, Umask
from udaemon.manifest.values import Choice, Duration, Flag, Number, Size, Text


class Restart(StrEnum):
    """When a daemon that ended by itself is started again."""

    ALWAYS = "always"
    ON_FAILURE = "on-failure"
    NEVER = "never"


class LogFormat(StrEnum):
    """How a line stands in the log file."""

    PLAIN = "plain"
    JSON = "json"


class OnFull(StrEnum):
    """What happens to output while the log cannot be written and its buffer is full."""

    BLOCK = "block"
    DROP = "drop"


@frozen(kw_only=True)
class Backoff:
    """How long to wait before a crashed daemon is started again. Seconds.

    The first crash restarts at once; crash n waits `initial * factor ** (n - 2)`, at most `max`, give or take
    `jitter` (a share of the wait). A process that stayed up for `max` seconds clears the count.
    """

    initial: float = key("Wait after the second crash in a row.", Duration(), default=1.0, example="1s")
    factor: float = key("Each further wait is this many times longer.", Number(1, 100), default=2.0, example=2)
    max: float = key(
        "The longest wait; a daemon up for this long counts as healthy again.", Duration(), default=60.0, example="1m"
    )
    jitter: float = key("Share by which a wait is longer or shorter at random.", Number(0, 1), default=0.1, example=0.1)


@frozen(kw_only=True)
class StartLimit:
    """How many automatic restarts are allowed in a window of time.

    `then` is None for "give-up" and the seconds to wait for "cooldown 10m".
    """

    count: int = key(
        "Automatic restarts allowed within the window.", Number(1, 1_000_000, whole=True), default=10, example=10
    )
    window: float = key("Length of the window.", Duration(low=0.001), default=600.0, example="10m")
    then: float | None = key(
        'What to do when the limit is reached: "give-up", or "cooldown 10m" to wait that long and try anew.',
        Cooldown(),
        default=None,
        example="cooldown 10m",
    )


@frozen(kw_only=True)
class Stop:
    """How a daemon is asked to stop."""

    signal: str = key("Signal that asks the daemon to stop.", SignalName(), default="TERM", example="INT")
    timeout: float = key("After this long the whole process tree is killed.", Duration(), default=10.0, example="30s")
    kill_tree: bool = key(
        "Kill what the daemon's process leaves behind when it ends.", Flag(), default=True, example=False
    )


@frozen(kw_only=True)
class Log:
    """How a daemon's output is kept. Sizes in bytes, ages in seconds, None for no limit."""

    format: LogFormat = key(
        "How a line is written.",
        Choice(LogFormat, {"plain": "The line as it came.", "json": "One JSON object a line."}),
        default=LogFormat.PLAIN,
        example="json",
    )
    timestamps: bool = key(
        "Begin each line with the time it was captured, in UTC.", Flag(), default=True, example=False
    )
    max_size: int | None = key(
        "Rotate when the file would grow beyond this.", Size(low=1), default=10 * 1024**2, example="100M"
    )
    max_age: float | None = key(
        "Rotate when the file is older than this.", Duration(low=1, unlimited=True), default=None, example="1d"
    )
    backups: int = key("Rotated files to keep.", Number(0, 1000, whole=True), default=5, example=10)
    compress: bool = key("Compress rotated files with gzip.", Flag(), default=False, example=True)
    on_full: OnFull = key(
        "What to do while the disk is full and the buffer too.",
        Choice(
            OnFull,
            {
                "block": "The daemon waits when it writes; nothing is lost.",
                "drop": "Lines are dropped, and a mark in the log says how many.",
            },
        ),
        default=OnFull.BLOCK,
        example="drop",
    )


@frozen(kw_only=True)
class Listeners:
    """Python callables told of a daemon's events, each "pkg.mod:function" (one or a list)."""

    start: tuple[str, ...] = key(
        "Called once before the first run.",
        Many(PythonCallable(), "callables", single=True),
        default=(),
        example="jobs.hooks:up",
    )
    task_done: tuple[str, ...] = key(
        "Called after each run that returned.",
        Many(PythonCallable(), "callables", single=True),
        default=(),
        example="jobs.hooks:done",
    )
    task_failed: tuple[str, ...] = key(
        "Called with the exception of a run.",
        Many(PythonCallable(), "callables", single=True),
        default=(),
        example=["jobs.hooks:failed", "jobs.alarm:ring"],
    )


@frozen(kw_only=True)
class Daemon:
    """One declared daemon with `defaults` merged in. Durations in seconds, paths absolute.

    Exactly one of `factory` and `command` is set.
    """

    name: str = field()
    factory: str | None = key(
        'Callable that makes the task: "package.module:function" or "package.module:Class.method".',
        PythonCallable(),
        example="jobs.mail:create",
    )
    params: Mapping[str, Any] = key(
        "Keyword arguments for the factory.", Parameters(), factory=dict, example={"queue": "mail"}, only="factory"
    )
    command: tuple[str, ...] | None = key(
        "Program to run with its arguments: a list, or a string that is split as a shell splits words.",
        Command(),
        example="redis-server --port 6380",
    )
    shell: bool = key(
        "Let /bin/sh run the command, which is one string then.", Flag(), default=False, example=True, only="command"
    )
    description: str = key("What this daemon is for.", Text(), default="", example="Sends queued mail", inherited=False)
    extends: str | None = key(
        "Daemon whose keys hold here too, where this one does not say otherwise.",
        NAME,
        example="mailer",
        inherited=False,
    )
    tags: tuple[str, ...] = key("Words to find it by.", Many(NAME, "names", single=True), default=(), example=["mail"])
    profiles: tuple[str, ...] = key(
        "Profiles it belongs to; it is left out unless one of them is asked for.",
        Many(NAME, "names", single=True),
        default=(),
        example=["dev"],
        inherited=False,
    )
    instances: int = key(
        "How many copies to run, numbered from 0.", Number(1, 10_000, whole=True), default=1, example=2
    )
    autostart: bool = key("Start it with `udaemon up`.", Flag(), default=True, example=False)
    enabled: bool = key(
        "Whether it may run at all; false keeps it declared.", Flag(), default=True, example=False, inherited=False
    )
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
    )
    backoff: Backoff = key("How long to wait before a restart.", Table(Backoff), factory=Backoff)
    start_limit: StartLimit = key("How many restarts there may be.", Table(StartLimit), factory=StartLimit)
    success_exit_codes: tuple[int, ...] = key(
        "Exit codes that are no failure.",
        Many(Number(0, 255, whole=True), "exit codes, 0 to 255"),
        default=(0,),
        example=[0, 3],
    )
    stop: Stop = key("How it is asked to stop.", Table(Stop), factory=Stop)
    sleep: float = key(
        "Period of the task, from start of run to start of run; 0 for none.",
        Duration(),
        default=0.0,
        example="30s",
        only="factory",
    )
    min_sleep: float = key("Shortest pause after a run.", Duration(), default=0.0, example="1s", only="factory")
    env: Mapping[str, str] = key(
        "Environment variables added for this daemon, over those of the manifest and of `env-file`.",
        Environment(),
        factory=dict,
        example={"TZ": "UTC"},
    )
    env_file: tuple[str, ...] = key(
        "Files of NAME=value lines added to the environment, under `env`; later files win.",
        Many(PATH, "paths", single=True),
        default=(),
        example="mailer.env",
    )
    cwd: str = key("Working directory.", PATH, default="", example="/srv", shown_default="the manifest's directory")
    umask: int = key("File mode creation mask, in octal.", Umask(), default=0o022, example="027")
    preload: tuple[str, ...] = key(
        "Modules to import once, before daemons are forked; all daemons share their memory.",
        Many(MODULE, "module names", single=True),
        default=(),
        example=["json", "sqlite3"],
        only="factory",
    )
    log_dir: str = key(
        "Directory of the log file.",
        PATH,
        default="",
        example="log",
        shown_default="`$XDG_STATE_HOME/udaemon/PROJECT/log`",
    )
    common_log: str = key(
        "File that gets one line for each event of the daemon.",
        PATH,
        default="",
        example="log/events.log",
        shown_default="`_common.log` in the log directory of `defaults`",
    )
    log: Log = key("How the output is kept.", Table(Log), factory=Log)
    on: Listeners = key("Callables told of events.", Table(Listeners), factory=Listeners, only="factory")


@frozen(kw_only=True)
class Manifest:
    """A whole manifest, checked and complete. `file` and `directory` are real, absolute paths."""

    file: str
    directory: str
    project: str
    context: str = ""
    run_dir: str | None = None
    env: Mapping[str, str] = Factory(dict)
    daemons: Mapping[str, Daemon] = Factory(dict)

    def log_path(self, daemon: Daemon) -> str:
        """Tell the file of a daemon's output; its instances share it."""
        context = f"-{self.context}" if self.context else ""
        return f"{daemon.log_dir}/{daemon.name}{context}.log"
