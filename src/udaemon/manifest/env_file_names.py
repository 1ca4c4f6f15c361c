"""The value of `env-file`: paths, each of which may be optional.

Knows nothing of what is in such a file, or whether there is one.
"""

from __future__ import annotations

from typing import Any

from attrs import frozen

from udaemon.manifest.containers import Many
from udaemon.manifest.keys import key
from udaemon.manifest.problems import Wrong
from udaemon.manifest.references import PATH
from udaemon.manifest.values import Flag, Schema, wrong_type
from udaemon.manifest.wording import near

_REQUIRED = Flag()
_TYPES: dict[str, Any] = {"path": PATH, "required": _REQUIRED}
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
        read: dict[str, Any] = {}
        wrong: list[Wrong] = []
        for name, part in value.items():
            try:
                read[name] = _type_of(name).parse(part)
            except Wrong as error:
                error.path = (name, *error.path)
                wrong.append(error)
        if not wrong and "path" not in read:
            raise Wrong("no-value", "has no path", _FORM)
        if wrong:
            raise ExceptionGroup("env-file", wrong)
        return EnvFileName(**read)

    def dump(self, value: EnvFileName) -> str | dict[str, Any]:
        """Write a table only where a path does not say it all."""
        return value.path if value.required else {"path": value.path, "required": False}

    def schema(self) -> Schema:
        """Describe both forms."""
        details: Schema = {
            "type": "object",
            "properties": {name: of.schema() for name, of in _TYPES.items()},
            "required": ["path"],
            "additionalProperties": False,
        }
        return {"anyOf": [PATH.schema(), details]}


def _type_of(name: str) -> Any:
    if name in _TYPES:
        return _TYPES[name]
    close = near(name, _TYPES)
    raise Wrong("unknown-key", "unknown key", f"did you mean {close}?" if close else _FORM, at_key=True)


ENV_FILES = Many(EnvFileEntry(), "them", single=True, tables=True)
ENV_FILE: Any = key(
    "Files of NAME=value lines added to the environment, under `env`; later files win. One with "
    "`required = false` may be missing.",
    ENV_FILES,
    default=(),
    example=["mailer.env", {"path": "local.env", "required": False}],
)
