"""The value of `after-run`: after whose runs a daemon has one, and what is wrong with that beside the others.

Knows nothing of what runs at a moment.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from udaemon.manifest.cycles import cycles, put
from udaemon.manifest.parts import each
from udaemon.manifest.problems import Finding, Path, unknown_daemon
from udaemon.manifest.references import NAME, NAME_PATTERN
from udaemon.manifest.values import Choice, Schema, wrong_type

if TYPE_CHECKING:
    from udaemon.manifest.root import Root


class Ending(StrEnum):
    """Which runs of another daemon count."""

    OK = "ok"
    FAILED = "failed"
    ANY = "any"


class AfterRun(NamedTuple):
    """A daemon, and which of its runs another one follows."""

    name: str
    on: Ending

    def counts(self, *, ok: bool) -> bool:
        """Whether a run that ended so is one of them."""
        return self.on is Ending.ANY or (self.on is Ending.OK) == ok


_ENDING = Choice(Ending, {"ok": "Each good run.", "failed": "Each run that failed.", "any": "Each run."})


class AfterRuns:
    """A table of names, each with the runs that count."""

    words = "table of names with ok, failed or any"

    def parse(self, value: object) -> tuple[AfterRun, ...]:
        """Read the table."""
        if not isinstance(value, dict):
            example = value if isinstance(value, str) and value else "export"
            raise wrong_type("a table of names", value, f'write after-run = {{ {example} = "ok" }}')
        read = each(value.items(), _ENDING.parse, name=NAME.parse)
        return tuple(AfterRun(name, Ending(ending)) for name, ending in read.items())

    def dump(self, value: tuple[AfterRun, ...]) -> dict[str, Any]:
        """Write the table."""
        return {one.name: one.on.value for one in value}

    def schema(self) -> Schema:
        """Describe it."""
        names = {"pattern": NAME_PATTERN}
        return {"type": "object", "propertyNames": names, "additionalProperties": _ENDING.schema()}


def check_chains(root: Root, written: Mapping[str, Any]) -> Iterator[Finding]:
    """Check that each daemon that is followed is there and has runs, and that none follows itself."""
    for name, daemon in root.daemons.items():
        for one in daemon.after_run:
            path: Path = ("daemons", name, "after-run", one.name)
            followed = root.daemons.get(one.name)
            if followed is None and one.name not in written:
                yield unknown_daemon(one.name, written, path, at_key=True)
            elif followed is None and isinstance(written[one.name], dict) and "profiles" in written[one.name]:
                message = f"{one.name} is left out with its profile"
                yield Finding("unknown-daemon", message, "ask for its profile, or take it out", path, at_key=True)
            elif followed is not None and followed.kind in {"command", "php.entry"} and not followed.is_scheduled:
                message, hint = f"{one.name} is a command: it has no runs", "give it cron or sleep, or use depends-on"
                yield Finding("contradiction", message, hint, path, at_key=True)
    for line in cycles({name: {one.name: one for one in daemon.after_run} for name, daemon in root.daemons.items()}):
        path = ("daemons", line[0], "after-run", line[1])
        yield Finding("after-run-cycle", put(line, "runs after"), "take one of them out", path, at_key=True)
