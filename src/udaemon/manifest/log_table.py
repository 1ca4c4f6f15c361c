"""The keys of a daemon's output: where it goes, and the table `log` that says how it is kept.

Knows nothing of the daemon around them, of files and of how a value was spelled.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from udaemon.frozen import frozen
from udaemon.manifest.keys import Applies, Table, key
from udaemon.manifest.references import LOG_FILE, PATH, FileMode
from udaemon.manifest.values import Choice, Duration, Flag, Number, Size


class LogFormat(StrEnum):
    """How a line stands in the log file."""

    PLAIN = "plain"
    JSON = "json"
    LEGACY = "legacy"


class LogStderr(StrEnum):
    """Where what a daemon writes to stderr goes."""

    MERGED = "merged"
    SEPARATE = "separate"


class OnFull(StrEnum):
    """What happens to output while the log cannot be written and its buffer is full."""

    BLOCK = "block"
    DROP = "drop"


@frozen(kw_only=True)
class Log:
    """How a daemon's output is kept. Sizes in bytes, ages in seconds, None for no limit."""

    format: LogFormat = key(
        "How a line is written.",
        Choice(
            LogFormat,
            {
                "plain": "The line as it came.",
                "json": "One JSON object a line.",
                "legacy": "As ustream/daemon wrote it, with time (UTC) and process; so are its common log's entries.",
            },
        ),
        default=LogFormat.PLAIN,
        example="json",
    )
    timestamps: bool = key(
        "Begin each line with the time it was captured, in UTC.", Flag(), default=True, example=False
    )
    file: str | None = key(
        "Name of the log file within `log-dir`, or a path. `${UDAEMON_NAME}` and `${UDAEMON_INSTANCE}` in it are "
        "filled: with the number each instance has a file of its own.",
        LOG_FILE,
        example="/var/log/shop/${UDAEMON_NAME}-${UDAEMON_INSTANCE}.log",
        shown_default="`NAME.log`, or `NAME-CONTEXT.log`",
    )
    stderr: LogStderr = key(
        "Where what it writes to stderr goes.",
        Choice(
            LogStderr,
            {
                "merged": "To the log, in the order in which it was written.",
                "separate": "To a file of its own beside the log, such as NAME.err.log, kept by the same keys.",
            },
        ),
        default=LogStderr.MERGED,
        example="separate",
    )
    mode: int | None = key(
        "Permissions of the log file and of its rotated ones, in octal.",
        FileMode(),
        example="0644",
        shown_default="`0640`, less the umask of `udaemon up`, when the file is made",
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

    @property
    def prefixed(self) -> bool:
        """Whether each line in the file begins with what the logger wrote: no text of an app can pass for that."""
        return self.timestamps or self.format is not LogFormat.PLAIN


LOG_DIR: Any = key(
    "Directory of the log file.",
    PATH,
    default="",
    example="log",
    shown_default="`$XDG_STATE_HOME/udaemon/PROJECT/log`",
)
COMMON_LOG: Any = key(
    "File that gets one line for each event of the daemon.",
    PATH,
    default="",
    example="log/events.log",
    shown_default="`_common.log` in the log directory of `defaults`",
)
LOG: Any = key("How the output is kept.", Table(Log), default=Log(), applies=Applies.LIVE)
