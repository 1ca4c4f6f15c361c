"""The keys of a schedule: cron lines, time zones, what becomes of what was missed."""

from __future__ import annotations

import pytest

from udaemon.manifest.problems import Wrong
from udaemon.manifest.schedule import RUN_ONCE, SKIP, Catch, CronLine, Misfire, MisfireRule, TimeZone


@pytest.mark.parametrize("line", ["30 4 * * mon-fri", "@daily", "H H * * *", " */5 * * * * "])
def test_a_cron_line_is_taken_as_it_is(line: str) -> None:
    assert CronLine().parse(line) == line


@pytest.mark.parametrize(("line", "offset"), [("99 * * * *", 0), ("* * * * mon,xyz", 12), ("* * *", 5)])
def test_a_wrong_one_is_told_with_the_place_in_it(line: str, offset: int) -> None:
    with pytest.raises(Wrong) as wrong:
        CronLine().parse(line)
    assert wrong.value.code == "bad-cron"
    assert wrong.value.within is not None
    text, at = wrong.value.within
    assert text == line
    assert 0 <= at <= len(line)


def test_what_is_no_text_is_no_cron_line() -> None:
    with pytest.raises(Wrong, match="must be a cron line"):
        CronLine().parse(5)


def test_a_time_zone_is_one_of_the_database() -> None:
    assert TimeZone().parse("Europe/Berlin") == "Europe/Berlin"
    with pytest.raises(Wrong) as wrong:
        TimeZone().parse("Europe/Berln")
    assert (wrong.value.code, wrong.value.hint) == ("bad-timezone", 'did you mean "Europe/Berlin"?')


@pytest.mark.parametrize("value", ["", "../etc/passwd", "/etc/localtime", "x" * 5000, "Europe", "a\0b", 5, None])
def test_what_is_no_time_zone_is_told_whatever_it_is(value: object) -> None:
    with pytest.raises(Wrong):
        TimeZone().parse(value)


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        ("skip", SKIP),
        ("run-once", RUN_ONCE),
        ({"run": "all", "within": "6h", "max": 12}, Misfire(run=Catch.ALL, within=21600.0, max=12)),
        ({}, Misfire()),
    ],
)
def test_a_rule_is_a_word_or_a_table(value: object, rule: Misfire) -> None:
    assert MisfireRule().parse(value) == rule
    assert MisfireRule().parse(MisfireRule().dump(rule)) == rule


@pytest.mark.parametrize(
    ("value", "code", "hint"),
    [
        ("skipp", "bad-choice", 'did you mean "skip"?'),
        (5, "wrong-type", 'write "skip", "run-once", or { run = "all", within = "6h", max = 12 }'),
    ],
)
def test_what_is_no_rule_is_told(value: object, code: str, hint: str) -> None:
    with pytest.raises(Wrong) as wrong:
        MisfireRule().parse(value)
    assert (wrong.value.code, wrong.value.hint) == (code, hint)


def test_each_wrong_part_of_a_table_is_told_at_its_name() -> None:
    with pytest.raises(ExceptionGroup) as caught:
        MisfireRule().parse({"run": "some", "wihtin": "6h", "max": -1})
    told = [(one.code, one.path) for one in caught.value.exceptions if isinstance(one, Wrong)]
    assert told == [("bad-choice", ("run",)), ("unknown-key", ("wihtin",)), ("out-of-range", ("max",))]
