"""Kinds of values on the command line: durations, and what a shell can complete: daemons, signals, keys.

Knows no verb.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from udaemon.cli.options import GlobalOptions

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


CONDITIONS = ("ready", "stopped", "run-ok")
"""What a daemon can be waited for."""


class Duration(click.ParamType[float]):
    """A length of time as the manifest has it: `5`, `500ms`, `1m30s`."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read it as seconds."""
        from udaemon.manifest.measures import parse_duration

        if isinstance(value, int | float):
            return float(value)
        seconds = parse_duration(str(value))
        if seconds is None:
            self.fail(f"{value!r} is no duration; write 5, 500ms, 10s, 1m30s, 1h", param, ctx)
        return seconds


class PlainName(click.ParamType[str]):
    """The name of a project or context: it becomes part of file names, so it is as narrow as in the manifest."""

    name = "plain-name"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Take it as it is, or refuse it; empty for none."""
        text = str(value)
        if text and re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,62}", text) is None:
            self.fail(f"{text!r} is no name; write 1 to 63 of a-z, 0-9, - and _", param, ctx)
        return text


class DaemonName(click.ParamType[str]):
    """A daemon, a glob of daemons, a tag, or one instance (`mailer/1`); with `one`, a daemon and nothing else.

    What fits is for the supervisor to say.
    """

    name = "name"

    def __init__(self, *, one: bool = False) -> None:
        self.one = one

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG002
        """Offer the daemons and tags of the running supervisor, or else of the manifest."""
        from click.shell_completion import CompletionItem

        from udaemon.cli.names import nameable
        from udaemon.manifest.selection import TAG

        options = _options(ctx)
        fitting = [name for name in nameable(options) if name.startswith(incomplete)]
        return [CompletionItem(name) for name in fitting if not (self.one and name.startswith(TAG))]


class Condition(DaemonName):
    """A daemon, and after an @ what is waited for."""

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Offer the daemons, and behind an @ the conditions."""
        from click.shell_completion import CompletionItem

        name, at, begun = incomplete.partition("@")
        if not at:
            return super().shell_complete(ctx, param, incomplete)
        return [CompletionItem(f"{name}@{word}") for word in CONDITIONS if word.startswith(begun)]


class SignalName(click.ParamType[str]):
    """A signal as people write it; what it means is for the supervisor to say."""

    name = "signal"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG002
        """Offer the names that this system has, without SIG."""
        import signal

        from click.shell_completion import CompletionItem

        names = [one.name.removeprefix("SIG") for one in signal.Signals]
        return [CompletionItem(name) for name in names if name.startswith(incomplete.upper())]


class Word(click.ParamType[str]):
    """A key of the manifest, or the code of an error."""

    name = "word"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG002
        """Offer both."""
        from click.shell_completion import CompletionItem

        from udaemon.manifest.codes import CODES
        from udaemon.manifest.pages import every_key

        return [CompletionItem(word) for word in (*every_key(), *CODES) if word.startswith(incomplete)]


def _options(ctx: click.Context) -> GlobalOptions:
    """The global options while completing, when no callback has run: click parsed them all the same."""
    given = ctx.find_root().params
    files: tuple[str, ...] = tuple(given.get("files") or ())
    return GlobalOptions(files, given.get("project"), given.get("context_name"))


DURATION = Duration()
DAEMON = DaemonName()
ONE_DAEMON = DaemonName(one=True)
CONDITION = Condition()
SIGNAL = SignalName()
WORD = Word()
NAME = PlainName()
