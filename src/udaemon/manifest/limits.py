"""The keys of a process: how it is made, who it runs as, within which limits; and their types.

Knows no user database and no kernel: whether there is such a user, and a limit may be had, is known at the start.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from udaemon.manifest import kinds
from udaemon.manifest.containers import Environment
from udaemon.manifest.keys import Applies, key
from udaemon.manifest.kinds import TASKS
from udaemon.manifest.measures import SIZE_PATTERN, format_size, parse_size
from udaemon.manifest.parts import table
from udaemon.manifest.problems import Wrong
from udaemon.manifest.references import PATH
from udaemon.manifest.values import REFERENCE, Choice, Flag, Number, Schema, Size, Text, wrong_type
from udaemon.manifest.wording import shown


class StartMethod(StrEnum):
    """How a task's process is made."""

    ZYGOTE = "zygote"
    SPAWN = "spawn"


RESOURCES = (
    "as core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack"
).split()
"""As setrlimit(2) calls them, without RLIMIT_."""

_ACCOUNT = r"^(?:[a-zA-Z_][a-zA-Z0-9_.-]{0,254}\$?|[0-9]{1,10})$"
_HIGHEST_ID = 2**32 - 2


class Account:
    """A user or a group by its name or number."""

    def __init__(self, words: str) -> None:
        self.words = words

    def parse(self, value: object) -> str:
        """Take a name, or a number."""
        hint = f'write its name, such as "www-data", or the number of the {self.words}'
        if isinstance(value, bool) or not isinstance(value, (str, int)):
            raise wrong_type(f"the name or number of a {self.words}", value, hint)
        text = str(value)
        if not re.fullmatch(_ACCOUNT[1:-1], text) or (text.isdecimal() and int(text) > _HIGHEST_ID):
            raise Wrong("bad-account", f"{shown(text)} is no {self.words}", hint)
        return text

    def dump(self, value: str) -> str | int:
        """Write numbers as numbers."""
        return int(value) if value.isdecimal() else value

    def schema(self) -> Schema:
        """Describe both forms."""
        number = {"type": "integer", "minimum": 0, "maximum": _HIGHEST_ID}
        return {"anyOf": [{"type": "string", "pattern": _ACCOUNT}, number, REFERENCE]}


class ResourceLimit(NamedTuple):
    """The soft and the hard limit of a resource; None for no limit."""

    soft: int | None
    hard: int | None


class ResourceLimits:
    """A table of limits: each a number, a size, "unlimited", or "SOFT:HARD" of them."""

    words = "table of limits"

    def parse(self, value: object) -> dict[str, ResourceLimit]:
        """Take the names of setrlimit(2)."""
        if not isinstance(value, dict):
            raise wrong_type("a table of limits", value, "write rlimits = { nofile = 4096 }")
        hint = f"known are {', '.join(RESOURCES)}"
        return table(value, dict.fromkeys(RESOURCES, _limit), hint, meant=_plain_name)

    def dump(self, value: Mapping[str, ResourceLimit]) -> dict[str, Any]:
        """Write one word where both are the same."""
        return {
            name: _dumped(limit.soft) if limit.soft == limit.hard else f"{_text(limit.soft)}:{_text(limit.hard)}"
            for name, limit in value.items()
        }

    def schema(self) -> Schema:
        """Describe the names and the forms."""
        one = rf"(?:unlimited|-1|{SIZE_PATTERN[1:-1]})"
        forms = [
            {"type": "integer", "minimum": -1, "maximum": 2**63 - 1},
            {"type": "string", "pattern": f"^{one}(?::{one})?$"},
            REFERENCE,
        ]
        return {"type": "object", "properties": {name: {"anyOf": forms} for name in RESOURCES}} | {
            "additionalProperties": False
        }


def _plain_name(name: str) -> str:
    """`nofile` for RLIMIT_NOFILE and LimitNOFILE."""
    return name.lower().removeprefix("rlimit_").removeprefix("limit")


def _limit(value: object) -> ResourceLimit:
    hint = 'write a number, a size such as "1G", "unlimited", or "SOFT:HARD"'
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise wrong_type("a limit", value, hint)
    parts = [_one(part) for part in (value.split(":") if isinstance(value, str) else [str(value)])]
    if len(parts) > 2 or any(part is False for part in parts):
        raise Wrong("bad-limit", f"{shown(value) if isinstance(value, str) else value} is no limit", hint)
    soft, hard = parts[0], parts[-1]
    assert soft is not False
    assert hard is not False
    if hard is not None and (soft is None or soft > hard):
        raise Wrong("bad-limit", "the soft limit is above the hard one", "write the lower one first")
    return ResourceLimit(soft, hard)


def _one(text: str) -> int | bool | None:
    """A number of whatever is limited, None for no limit, False for what is none."""
    if text in ("unlimited", "infinity", "-1"):
        return None
    size = parse_size(text)
    return size if size is not None and size < 2**63 else False


def _text(limit: int | None) -> str:
    return "unlimited" if limit is None else format_size(limit)


def _dumped(limit: int | None) -> str | int:
    return "unlimited" if limit is None else limit


ENV: Any = key(
    "Environment variables added for this daemon, over those of the manifest and of `env-file`. "
    "Commands also get `PYTHONUNBUFFERED=1` unless it is set. `${UDAEMON_INSTANCE}` in a value is the number "
    "of the instance.",
    Environment(),
    factory=dict,
    example={"TZ": "UTC"},
)
ENV_INHERIT: Any = key(
    "Pass the environment that udaemon was started with on to it; without, it has of that only PATH, HOME, USER, "
    "LOGNAME, SHELL, TZ, LANG and LC_*.",
    Flag(),
    default=True,
    example=False,
)
USER: Any = key(
    "User that the process runs as, with all groups of that user; by name or number. Without one it is the user of "
    "udaemon.",
    Account("user"),
    example="www-data",
)
GROUP: Any = key(
    "Group that the process runs as; the user's own if it is not said.", Account("group"), example="www-data"
)
NICE: Any = key("Scheduling priority, from -20 (first) to 19 (last).", Number(-20, 19, whole=True), example=10)
OOM_SCORE: Any = key(
    "How readily the kernel kills it when memory runs out: from -1000 (never) to 1000.",
    Number(-1000, 1000, whole=True),
    example=500,
)
RLIMITS: Any = key(
    'Limits of the process as in setrlimit(2): a number, a size, "unlimited", or "SOFT:HARD".',
    ResourceLimits(),
    factory=dict,
    example={"nofile": 4096, "core": 0, "as": "2G"},
)
STDIN: Any = key("File that is its standard input.", PATH, example="answers.txt", shown_default="/dev/null")
PYTHON: Any = key(
    "The Python that it runs in: an interpreter, or the directory of a virtual environment; 3.11 or later. "
    "udaemon need not be installed there.",
    Text("path, or name of a program", code="bad-path", empty=False),
    example=".venv",
    only=kinds.PYTHON,
    shown_default="the one that udaemon runs in",
)
START_METHOD: Any = key(
    "How the task's process is made.",
    Choice(
        StartMethod,
        {
            "zygote": "Forked from a process that has imported what daemons share.",
            "spawn": "An interpreter of its own, for modules that bear no fork; slower, and it shares no memory.",
        },
    ),
    default=StartMethod.ZYGOTE,
    example="spawn",
    only=TASKS,
)
MEMORY_LIMIT: Any = key(
    "Memory the task's process may have resident; looked at after each run. Near it the process is replaced. "
    "With `php` it is PHP's own `memory_limit`.",
    Size(low=1),
    example="256M",
    only=TASKS,
    applies=Applies.LIVE,
)
MEMORY_THRESHOLD: Any = key(
    "Percent of `memory-limit` above which the process is replaced before the next run.",
    Number(0, 100),
    default=70.0,
    example=80,
    only=TASKS,
    applies=Applies.LIVE,
)
