"""What stands before the verb: the options that every verb shares.

Knows no verb. A plain tuple, because every client verb loads this.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class GlobalOptions(NamedTuple):
    """The global options as they were given; a verb gets them as click's `obj`.

    Attributes:
        files: What `-f` or `UDAEMON_FILE` named; empty to look for a manifest from the working directory up.
        project: The project's name in place of the manifest's.
        context: The context in place of the manifest's.
        color: Whether to colour: `auto`, `always` or `never`, with NO_COLOR and FORCE_COLOR already in it.
        quiet: Say nothing but errors.
        verbose: How much more to say.
        profiles: Profiles whose daemons are there too.
    """

    files: tuple[str, ...] = ()
    project: str | None = None
    context: str | None = None
    color: str = "auto"
    quiet: bool = False
    verbose: int = 0
    profiles: tuple[str, ...] = ()

    def colors(self, is_terminal: bool) -> bool:
        """Whether to colour a stream."""
        return self.color == "always" or (self.color == "auto" and is_terminal)


def color(asked: str | None, environ: Mapping[str, str]) -> str:
    """Whether to colour: the option wins over NO_COLOR, that over FORCE_COLOR; empty variables do not count.

    A terminal that calls itself dumb has no colours.
    """
    if asked is not None:
        return asked
    if environ.get("NO_COLOR"):
        return "never"
    if environ.get("FORCE_COLOR"):
        return "always"
    return "never" if environ.get("TERM") == "dumb" else "auto"
