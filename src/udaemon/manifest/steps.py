"""The keys `before-start` and `after-stop` of a daemon: commands that block its start, or follow its end.

Knows no daemon and starts nothing; how a command is written is `references.py`'s.
"""

from __future__ import annotations

from typing import Any

from udaemon.frozen import frozen
from udaemon.manifest.keys import key
from udaemon.manifest.measures import format_duration
from udaemon.manifest.parts import each, table
from udaemon.manifest.problems import Wrong
from udaemon.manifest.references import Command
from udaemon.manifest.values import Duration, Schema, wrong_type
from udaemon.manifest.wording import either

DEFAULT_TIMEOUT = 60.0
_COMMAND, _TIMEOUT = Command(), Duration(low=0.01)
_KEYS = {"command": _COMMAND.parse, "timeout": _TIMEOUT.parse}


@frozen
class StepCommand:
    """One command, and the seconds that it may take."""

    command: tuple[str, ...]
    timeout: float = DEFAULT_TIMEOUT


class Steps:
    """Commands one after the other: a list, or a single one without brackets. In the list, a list is one command."""

    words = "command or list of commands"

    def parse(self, value: object) -> tuple[StepCommand, ...]:
        """Read every command; raise all that is wrong at once."""
        if not isinstance(value, list):
            return (_one(value),)
        return tuple(each(enumerate(value), _one).values())

    def dump(self, value: tuple[StepCommand, ...]) -> list[Any]:
        """Write a list of tables."""
        return [{"command": list(one.command), "timeout": format_duration(one.timeout)} for one in value]

    def schema(self) -> Schema:
        """Describe the forms."""
        table: Schema = {
            "type": "object",
            "properties": {"command": _COMMAND.schema(), "timeout": _TIMEOUT.schema()},
            "required": ["command"],
            "additionalProperties": False,
        }
        return {
            "anyOf": [
                {"type": "string", "minLength": 1},
                table,
                {"type": "array", "items": {"anyOf": [_COMMAND.schema(), table]}},
            ]
        }


def _one(value: object) -> StepCommand:
    """A command, or a table with a command and its time."""
    if not isinstance(value, dict):
        if not isinstance(value, str | list):
            raise wrong_type("a command or a table", value, 'write "program argument", or { command, timeout }')
        return StepCommand(_COMMAND.parse(value))
    missing = Wrong("nothing-to-run", "has no command", "add command, the program with its arguments")
    return StepCommand(**table(value, _KEYS, f"write {either(_KEYS)}", missing=() if "command" in value else [missing]))


def before_start_key() -> Any:
    """The key `before-start` of a daemon."""
    return key(
        "Commands to run before each start, one after the other: each a command, or a table with `command` and "
        "`timeout` (default 1m). One that fails, or takes longer, is a failed start. They have the daemon's "
        "environment, directory and user, and write to its log.",
        Steps(),
        default=(),
        example=["bin/migrate --now", {"command": ["bin/warm-up"], "timeout": "5m"}],
    )


def after_stop_key() -> Any:
    """The key `after-stop` of a daemon."""
    return key(
        "Commands to run after each end of the daemon, also after a crash, and before it is started again. One that "
        "fails is told, and changes nothing.",
        Steps(),
        default=(),
        example="rm -f run/worker.sock",
    )
