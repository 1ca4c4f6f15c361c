"""The value of `env-file`: paths, each of which may be optional.

Knows nothing of what is in such a file, or whether there is one.
"""

from __future__ import annotations

from typing import Any

from udaemon.frozen import frozen
from udaemon.manifest.containers import Many
from udaemon.manifest.keys import key
from udaemon.manifest.parts import table
from udaemon.manifest.problems import Wrong
from udaemon.manifest.references import PATH
from udaemon.manifest.values import Flag, Schema, wrong_type

_REQUIRED = Flag()
_KEYS = {"path": PATH.parse, "required": _REQUIRED.parse}
_FORM = 'write a path, or { path = "local.env", required = false }'


@frozen
class EnvFileName:
    """One file; without `required` it may be missing."""

    path: str
    required: bool = True


class EnvFileEntry:
    """A path, or a table with `path` and `required`, as Compose has it."""

    words = "path or table { path, required }"

    def parse(self, value: object) -> EnvFileName:
        """Read either form."""
        if isinstance(value, str):
            return EnvFileName(PATH.parse(value))
        if not isinstance(value, dict):
            raise wrong_type(f"a {self.words}", value, _FORM)
        read = table(value, _KEYS, _FORM)
        if "path" not in read:
            raise Wrong("no-value", "has no path", _FORM)
        return EnvFileName(**read)

    def dump(self, value: EnvFileName) -> str | dict[str, Any]:
        """Write a table only where a path does not say it all."""
        return value.path if value.required else {"path": value.path, "required": False}

    def schema(self) -> Schema:
        """Describe both forms."""
        details: Schema = {
            "type": "object",
            "properties": {"path": PATH.schema(), "required": _REQUIRED.schema()},
            "required": ["path"],
            "additionalProperties": False,
        }
        return {"anyOf": [PATH.schema(), details]}


ENV_FILES = Many(EnvFileEntry(), "them", single=True, tables=True)
ENV_FILE: Any = key(
    "Files of NAME=value lines added to the environment, under `env`; later files win. One with "
    "`required = false` may be missing.",
    ENV_FILES,
    default=(),
    example=["mailer.env", {"path": "local.env", "required": False}],
)
