"""The manifest as frozen values: what each key means, its type and its default.

Knows nothing of files, formats or how a value was spelled; `structure.py` builds these from plain dicts.
A key is declared here once: the schema, the reference docs and `explain` are made from its metadata.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from attrs import Factory, field, frozen


def key(doc: str, *, default: Any = None, factory: Any = None, example: Any = None) -> Any:
    """A manifest key: `doc` is one or two sentences, `example` a value as it is written in TOML."""
    metadata = {"doc": doc, "example": example}
    if factory is not None:
        return field(default=Factory(factory), metadata=metadata)
    return field(default=default, metadata=metadata)


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

    initial: float = key("Wait after the second crash in a row.", default=1.0, example="1s")
    factor: float = key("Each further wait is this many times longer.", default=2.0, example=2)
    max: float = key("The longest wait; a daemon up for this long counts as healthy again.", default=60.0, example="1m")
    jitter: float = key("Random share by which a wait is longer or shorter, 0 to 1.", default=0.1, example=0.1)


@frozen(kw_only=True)
class StartLimit:
    """How many automatic restarts are allowed in a window of time.

    `cooldown` is None for "give-up" and the seconds to wait for "cooldown 10m"; in the manifest the key is `then`.
    """

    count: int = key("Automatic restarts allowed within the window.", default=10, example=10)
    window: float = key("Length of the window.", default=600.0, example="10m")
    then: float | None = key(
        'What to do when the limit is reached: "give-up", or "cooldown 10m" to wait that long and try anew.',
        default=None,
        example="give-up",
    )


@frozen(kw_only=True)
class Stop:
    """How a daemon is asked to stop."""

    signal: str = key("Signal that asks the daemon to stop, without SIG.", default="TERM", example="TERM")
    timeout: float = key("After this long the whole process tree is killed.", default=10.0, example="10s")
    kill_tree: bool = key("Kill what the daemon's process leaves behind when it ends.", default=True, example=True)


@frozen(kw_only=True)
class Log:
    """How a daemon's output is kept. Sizes in bytes, ages in seconds, None for no limit."""

    format: LogFormat = key("Plain lines, or one JSON object a line.", default=LogFormat.PLAIN, example="plain")
    timestamps: bool = key("Begin each line with the time it was captured, in UTC.", default=True, example=True)
    max_size: int | None = key("Rotate when the file would grow beyond this.", default=10 * 1024**2, example="10M")
    max_age: float | None = key("Rotate when the file is older than this.", default=None, example="1d")
    backups: int = key("Rotated files to keep.", default=5, example=5)
    compress: bool = key("Compress rotated files with gzip.", default=False, example=False)
    on_full: OnFull = key(
        "While the disk is full: block the daemon, or drop lines and leave a counted mark.",
        default=OnFull.BLOCK,
        example="block",
    )


@frozen(kw_only=True)
class Listeners:
    """Python callables told of a daemon's events, each "pkg.mod:function" (one or a list)."""

    start: tuple[str, ...] = key("Called once before the first run.", default=(), example="jobs.hooks:started")
    task_done: tuple[str, ...] = key("Called after each run that returned.", default=(), example="jobs.hooks:done")
    task_failed: tuple[str, ...] = key("Called with the exception of a run.", default=(), example="jobs.hooks:failed")


@frozen(kw_only=True)
class Daemon:
    """One declared daemon with `defaults` merged in. Durations in seconds, paths absolute.

    Exactly one of `factory` and `command` is set.
    """

    name: str = field()
    factory: str | None = key(
        'Callable that makes the task: "package.module:function" or "package.module:Class.method".',
        example="jobs.mail:create",
    )
    params: Mapping[str, Any] = key("Keyword arguments for the factory.", factory=dict, example={"queue": "mail"})
    command: tuple[str, ...] | None = key(
        "Program to run with its arguments: a list, or a string split as a shell splits words.",
        example="redis-server --port 6380",
    )
    shell: bool = key("Run the command through /bin/sh.", default=False, example=False)
    description: str = key("What this daemon is for.", default="", example="Sends queued mail")
    instances: int = key("How many copies to run, numbered from 0.", default=1, example=2)
    autostart: bool = key("Start with `udaemon up`.", default=True, example=True)
    enabled: bool = key("False: declared, but never started.", default=True, example=True)
    restart: Restart = key("When to start it again after it ended by itself.", default=Restart.ON_FAILURE)
    backoff: Backoff = key("How long to wait before a restart.", factory=Backoff)
    start_limit: StartLimit = key("How many restarts before giving up.", factory=StartLimit)
    success_exit_codes: tuple[int, ...] = key("Exit codes that are no failure.", default=(0,), example=[0])
    stop: Stop = key("How it is asked to stop.", factory=Stop)
    sleep: float = key("Period of the task, from start of run to start of run.", default=0.0, example="30s")
    min_sleep: float = key("Shortest pause after a run.", default=0.0, example="1s")
    env: Mapping[str, str] = key(
        "Environment variables added for this daemon (the manifest's and the env-file's merged in).", factory=dict
    )
    env_file: tuple[str, ...] = key("Files of NAME=value lines added to the environment.", default=())
    cwd: str = key("Working directory; default the manifest's directory.", default="")
    umask: int = key("File mode creation mask, in octal.", default=0o022, example="022")
    preload: tuple[str, ...] = key("Modules imported once and shared by all daemons.", default=(), example=["json"])
    log_dir: str = key("Directory of the log files.", default="")
    common_log: str = key("File that gets one line for each event.", default="")
    log: Log = key("How the output is kept.", factory=Log)
    on: Listeners = key("Callables told of events.", factory=Listeners)


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
