"""A schedule's keys and their types: cron lines, time zones, what becomes of overlaps and of what was missed.

Knows no clock. `model.py` has one line for each of the keys.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from udaemon.frozen import frozen
from udaemon.manifest.chains import AfterRuns
from udaemon.manifest.containers import Many
from udaemon.manifest.cron import BadCron, check
from udaemon.manifest.exclusions import ExclusionItem, Moment
from udaemon.manifest.keys import Applies, key
from udaemon.manifest.kinds import RUNS
from udaemon.manifest.measures import format_duration
from udaemon.manifest.parts import table
from udaemon.manifest.problems import Wrong
from udaemon.manifest.references import NAME
from udaemon.manifest.values import REFERENCE, Choice, Duration, Flag, Number, Schema, Unchanged, wrong_type
from udaemon.manifest.wording import did_you_mean, shown

_FORM = 'write five fields, such as "30 4 * * mon-fri", or a word such as "@daily"'


class Overlap(StrEnum):
    """What becomes of a due time at which the run before still goes on."""

    SKIP = "skip"
    QUEUE = "queue"
    CANCEL = "cancel"


_OVERLAP = Choice(
    Overlap,
    {
        "skip": "It is left out, and counted as missed.",
        "queue": "It is made up for when the run has ended; several count as one.",
        "cancel": "The run that goes on is stopped for it. For commands only.",
    },
)


class CronLine(Unchanged):
    """When runs are due, as crontab(5) writes it."""

    words = "cron line"

    def parse(self, value: object) -> str:
        """Take five fields or an `@` word."""
        if not isinstance(value, str):
            raise wrong_type("a cron line", value, _FORM)
        try:
            check(value)
        except BadCron as bad:
            wrong = Wrong("bad-cron", f"{shown(value)}: {bad.message}", bad.hint or _FORM)
            wrong.within = (value, bad.offset)
            raise wrong from None
        return value

    def schema(self) -> Schema:
        """Describe the form; what the fields may hold is looked at when it is loaded."""
        pattern = r"^\s*(?:@[A-Za-z]+|\S+\s+\S+\s+\S+\s+\S+\s+\S+)\s*$"
        return {"anyOf": [{"type": "string", "pattern": pattern}, REFERENCE]}


class TimeZone(Unchanged):
    """A time zone of the IANA database."""

    words = "time zone"

    def parse(self, value: object) -> str:
        """Take a name that there is."""
        hint = 'write a name of the IANA database, such as "Europe/Berlin" or "UTC"'
        if not isinstance(value, str):
            raise wrong_type("a time zone's name", value, hint)
        from zoneinfo import ZoneInfo, available_timezones  # only who has one should pay for it

        try:
            ZoneInfo(value)
        except (ValueError, OSError, KeyError):
            meant = did_you_mean(value, available_timezones(), hint, form='"{}"') if len(value) < 64 else hint
            raise Wrong("bad-timezone", f"{shown(value)} is no time zone", meant) from None
        return value

    def schema(self) -> Schema:
        """Describe the form."""
        return {"anyOf": [{"type": "string", "pattern": r"^[A-Za-z0-9_+/-]+$"}, REFERENCE]}


class Catch(StrEnum):
    """How much of what was missed is made up for."""

    SKIP = "skip"
    RUN_ONCE = "run-once"
    ALL = "all"


@frozen(kw_only=True)
class Misfire:
    """What becomes of due times that passed while nothing could run."""

    run: Catch = key(
        "What to make up for.",
        Choice(
            Catch,
            {
                "skip": "Nothing: the next run is at the next due time.",
                "run-once": "One run at once, however many were missed.",
                "all": "A run for each, one after the other.",
            },
        ),
        default=Catch.ALL,
        example="all",
    )
    within: float | None = key(
        "Only what was missed in this time; -1 for no limit.",
        Duration(low=1, unlimited=True),
        default=None,
        example="6h",
    )
    max: int = key("Only so many, the latest.", Number(1, 1000, whole=True), default=100, example=12)


SKIP, RUN_ONCE = Misfire(run=Catch.SKIP), Misfire(run=Catch.RUN_ONCE)
_WORDS = {"skip": SKIP, "run-once": RUN_ONCE}


class MisfireRule:
    """One of two words, or a table for more."""

    words = '"skip", "run-once" or a table'

    def parse(self, value: object) -> Misfire:
        """Take a word or a table."""
        hint = 'write "skip", "run-once", or { run = "all", within = "6h", max = 12 }'
        if isinstance(value, str):
            if value not in _WORDS:
                raise Wrong("bad-choice", f"{shown(value)} is neither", did_you_mean(value, _WORDS, hint, form='"{}"'))
            return _WORDS[value]
        if not isinstance(value, dict):
            raise wrong_type(self.words, value, hint)
        return Misfire(**_parts(value))

    def dump(self, value: Misfire) -> Any:
        """Write the word where there is one."""
        word = next((word for word, rule in _WORDS.items() if rule == value), None)
        if word is not None:
            return word
        within = -1 if value.within is None else format_duration(value.within)
        return {"run": value.run.value, "within": within, "max": value.max}

    def schema(self) -> Schema:
        """Describe both forms."""
        from udaemon.manifest.keys import keys_of

        keys = {one.name: one.type.schema() for one in keys_of(Misfire)}  # type: ignore[union-attr]
        table: Schema = {"type": "object", "properties": keys, "additionalProperties": False}
        return {"anyOf": [{"enum": [*_WORDS]}, table, REFERENCE]}


def _parts(value: dict[str, object]) -> dict[str, Any]:
    from udaemon.manifest.keys import keys_of

    known = {one.name: one for one in keys_of(Misfire)}
    parse = {name: one.type.parse for name, one in known.items()}  # type: ignore[union-attr]
    return {known[name].field: part for name, part in table(value, parse, f"known here: {', '.join(known)}").items()}


EXCEPT: Any = key(
    "When nothing is due: dates, ranges with both of their ends, and iCalendar files, read with the manifest. "
    "In the time zone of `cron`; a range of moments ends just before the second one.",
    Many(ExclusionItem(), "dates, ranges and .ics files", single=True),
    default=(),
    example=["2026-12-25", "2026-12-27..2027-01-02", "holidays.ics"],
    name="except",
    only=RUNS,
)
FROM: Any = key(
    "Nothing is due before this date or moment.",
    Moment(),
    example="2026-09-01",
    name="from",
    only=RUNS,
)
UNTIL: Any = key(
    "Nothing is due after this moment, or after the end of this date.",
    Moment(),
    example="2027-06-30T18:00",
    only=RUNS,
)
AFTER_RUN: Any = key(
    "A run after each run of another daemon, in place of a schedule: its name, and whether each `ok` run counts, each "
    "that `failed`, or `any`. What comes while a run goes on is one run after it.",
    AfterRuns(),
    default=(),
    example={"export": "ok"},
    only=RUNS,
)
LOCK: Any = key(
    "Names of locks, each of which one process in the project has at a time: a task for the length of a run, a command "
    "for its life, or for each execution where it has a schedule. Whoever needs one that is held waits its turn.",
    Many(NAME, "names", single=True),
    default=(),
    example=["db"],
)
SLEEP: Any = key(
    "Period of the task, from start of run to start of run; 0 for none. A command that has one is executed again "
    "and again; `defaults` give it none.",
    Duration(),
    default=0.0,
    example="30s",
    only=RUNS,
    applies=Applies.LIVE,
)
MIN_SLEEP: Any = key(
    "Shortest pause after a run.", Duration(), default=0.0, example="1s", only=RUNS, applies=Applies.LIVE
)
CRON: Any = key(
    "When runs are due, in place of `sleep`: five fields as in crontab(5), with names, or `@daily` and the like. "
    "`H` in place of a number is one that differs from daemon to daemon. A command that has it is executed then.",
    CronLine(),
    example="30 4 * * mon-fri",
    only=RUNS,
    applies=Applies.LIVE,
)
TIMEZONE: Any = key(
    "Time zone of `cron`. A time that daylight saving skips is at the moment of the jump, one that it repeats is once.",
    TimeZone(),
    example="Europe/Berlin",
    only=RUNS,
    applies=Applies.LIVE,
    shown_default="the machine's",
)
JITTER: Any = key(
    "Up to so much, at random, is added to each due time.",
    Duration(),
    default=0.0,
    example="30s",
    only=RUNS,
    applies=Applies.LIVE,
)
STAGGER: Any = key(
    "Shift all due times by what differs from instance to instance and stays the same: at most by the time to the "
    "next one, and at most by an hour.",
    Flag(),
    default=False,
    example=True,
    only=RUNS,
)
RUN_ON_START: Any = key(
    "Whether the first run is at once when it starts.",
    Flag(),
    example=True,
    only=RUNS,
    shown_default="true with `sleep`, false with `cron`",
)
OVERLAP: Any = key(
    "What becomes of a due time of `cron` at which the run before still goes on.",
    _OVERLAP,
    default=Overlap.SKIP,
    example="queue",
    only=RUNS,
    applies=Applies.LIVE,
)
MISFIRE: Any = key(
    "What becomes of due times that passed while it was not up. When it slept with the machine, one run is made up "
    "for in any case.",
    MisfireRule(),
    default=SKIP,
    example="run-once",
    only=RUNS,
    applies=Applies.LIVE,
)
