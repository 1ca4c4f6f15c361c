"""Kinds of values on the command line: durations, moments, names; `offers` says by what a shell completes one.

Knows no verb, and nothing of how a shell is answered (`completion.py`).
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable
from typing import Any, TypeVar

import click

Callback = TypeVar("Callback", bound=Callable[..., Any])


class Duration(click.ParamType[float]):
    """A length of time as the manifest has it: `5`, `500ms`, `1m30s`."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read it as seconds."""
        from udaemon.manifest.measures import LONGEST_DURATION, format_duration, parse_duration

        if isinstance(value, int | float):
            return float(value)
        seconds = parse_duration(str(value))
        if seconds is None:
            self.fail(f"{value!r} is no duration; write 5, 500ms, 10s, 1m30s, 1h", param, ctx)
        if seconds > LONGEST_DURATION:
            self.fail(f"{value!r} is too long; {format_duration(LONGEST_DURATION)} at most", param, ctx)
        return seconds


class Moment(click.ParamType[float]):
    """A point in time, in seconds since the epoch: a duration before now, a date and time, or a Unix time.

    A bare number is a duration in seconds as everywhere, until it is too large to be one: then it is a Unix time.
    """

    name = "time"
    _LAST = 253402300799.0  # 9999-12-31T23:59:59Z: the last second that a date can have

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read it. What lies before 1970 is taken as its beginning: nothing of ours is older."""
        if isinstance(value, float):
            return value
        text = str(value)
        moment = self._number(text, param, ctx) if re.fullmatch(r"@?[0-9]+(\.[0-9]+)?", text) else None
        if moment is None:
            moment = self._words(text, param, ctx)
        if moment > self._LAST:
            self.fail(f"{text!r} lies beyond the year 9999; a Unix time is in seconds", param, ctx)
        return max(0.0, moment)

    def _number(self, text: str, param: click.Parameter | None, ctx: click.Context | None) -> float:
        from udaemon.manifest.measures import LONGEST_DURATION

        number = float(text.removeprefix("@"))
        if text.startswith("@") or number > LONGEST_DURATION:
            return number
        return time.time() - DURATION.convert(text, param, ctx)

    def _words(self, text: str, param: click.Parameter | None, ctx: click.Context | None) -> float:
        from datetime import datetime

        from udaemon.manifest.measures import parse_duration

        if parse_duration(text) is not None:
            return time.time() - DURATION.convert(text, param, ctx)
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            right = "10m, 2h, 2026-11-24T14:00:00Z, 2026-11-24 or a Unix time"
            self.fail(f"{text!r} is no time; write {right}", param, ctx)
        # On the first and last days of all that datetime knows, UTC may already be beyond.
        return found.timestamp() if 1 < found.year < 9999 else math.copysign(math.inf, found.year - 1970)


class PlainName(click.ParamType[str]):
    """The name of a project or context: it becomes part of file names, so it is as narrow as in the manifest."""

    name = "plain-name"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Take it as it is, or refuse it; empty for none."""
        text = str(value)
        if text and re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,62}", text) is None:
            self.fail(f"{text!r} is no name; write 1 to 63 of a-z, 0-9, - and _", param, ctx)
        return text


class Word(click.ParamType[str]):
    """A word that is taken as it is: what it means is for the supervisor to say, or for the verb."""

    def __init__(self, name: str, offers: str) -> None:
        self.name = name
        self.offers = offers


class NumberOf(click.ParamType[tuple[str, int]]):
    """A daemon, and after an equals sign how many instances of it there shall be."""

    name = "number-of"
    offers = "daemons"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, int]:
        """Read both; which daemon it is and how many it may have is for the supervisor to say."""
        name, equals, number = str(value).partition("=")
        if not (name and equals and number.isascii() and number.isdecimal() and len(number) < 10):
            self.fail(f"{value!r} says not how many of what; write mailer=3", param, ctx)
        return name, int(number)


DURATION = Duration()
MOMENT = Moment()
DAEMON = Word("name", "daemons")
"""A daemon, a glob of daemons, a tag, or one instance (`mailer/1`)."""
ONE_DAEMON = Word("name", "daemon")
CONDITION = Word("condition", "condition")
"""A daemon, and after an @ what is waited for."""
NUMBER_OF = NumberOf()
SIGNAL = Word("signal", "signal")
EXPLAINED = Word("word", "explained")
"""A key of the manifest, the code of an error, or a topic."""
NAME = PlainName()

# What several verbs take, and mean the same by.
names_argument = click.argument("names", nargs=-1, required=True, type=DAEMON, metavar="NAME...")
dry_run_option = click.option("--dry-run", is_flag=True, help="Tell which instances it would be, and do nothing.")
now_option = click.option("--now", is_flag=True, help="Do not wait for the end of runs.")
kill_after_option = click.option(
    "-t", "--timeout", type=DURATION, metavar="T", help="Kill after this long, in place of stop.timeout."
)


def wait_timeout_option(what: str, but: str = "") -> Callable[[Callback], Callback]:
    """How long to wait for what goes on all the same, as "the start"; `but` is how far it may not."""
    told = f"Wait this long and no longer; {what} goes on{but}."
    return click.option("--wait-timeout", type=DURATION, metavar="T", help=told)
