"""From findings to problems: the file, the line and the column that said it, each place once."""

from __future__ import annotations

from typing import Any

from udaemon.errors import Problem
from udaemon.manifest.document import Document, parse
from udaemon.manifest.locate import has_errors, in_order, locate
from udaemon.manifest.merge import layered
from udaemon.manifest.problems import Finding

BASE = parse(
    "base.toml",
    '[defaults]\numask = "099"\n[daemons.b]\nextends = "c"\n[daemons.c]\ninstances = "x"\nenv-file = "one"\n',
    toml=True,
)
TOP = parse("top.yaml", "daemons:\n  a:\n    extends: b\n    stop:\n      signal: NO\n", toml=False)


def located(*findings: Finding, documents: tuple[Document, ...] = (BASE, TOP)) -> list[Problem]:
    return list(locate(findings, documents, layered([document.data for document in documents])))


def places(*paths: tuple[Any, ...], **keys: Any) -> list[tuple[str | None, int | None, int | None]]:
    return [
        (one.file, one.line, one.column) for path in paths for one in located(Finding("x", "m", None, path, **keys))
    ]


def test_a_value_is_where_it_is_written_and_a_key_at_its_name() -> None:
    assert places(("daemons", "a", "stop", "signal")) == [("top.yaml", 5, 15)]
    assert places(("daemons", "a", "stop", "signal"), at_key=True) == [("top.yaml", 5, 7)]


def test_what_a_daemon_takes_over_is_wrong_where_it_is_written() -> None:
    assert places(("daemons", "a", "instances")) == [("base.toml", 6, 13)]
    assert places(("daemons", "a", "umask")) == [("base.toml", 2, 9)]


def test_what_is_missing_is_told_at_the_table_around_it() -> None:
    assert places(("daemons", "c", "command"))[0][:2] == ("base.toml", 5)
    assert places(("daemons", "nobody", "command"))[0][0] is not None


def test_an_item_of_a_list_of_one_is_where_that_stands_without_brackets() -> None:
    assert places(("daemons", "c", "env-file", 0)) == [("base.toml", 7, 12)]


def test_a_place_that_is_known_already_is_kept() -> None:
    [problem] = located(Finding("x", "m", file="base.toml", place=(9, 9)))
    assert (problem.file, problem.line, problem.column) == ("base.toml", 9, 9)


def test_a_mistake_inside_a_text_is_told_at_its_letter() -> None:
    document = parse("f.toml", 'cron = "99 * * * *"\n', toml=True)
    finding = Finding("bad-cron", "m", None, ("cron",), within=("99 * * * *", 3))
    [problem] = located(finding, documents=(document,))
    assert (problem.line, problem.column) == (1, 12)


def test_the_same_thing_is_told_once_and_in_the_order_of_files_and_lines() -> None:
    twice = Finding("x", "m", None, ("daemons", "c", "instances"))
    other = Finding("y", "n", None, ("daemons", "a", "stop", "signal"))
    first = Finding("x", "m", None, ("defaults", "umask"))
    assert [(one.file, one.line) for one in located(other, twice, twice, first)] == [
        ("base.toml", 2),
        ("base.toml", 6),
        ("top.yaml", 5),
    ]


def test_what_follows_from_a_value_that_is_not_known_is_not_told() -> None:
    path = ("daemons", "c", "instances")
    unknown = Finding("missing-variable", "m", None, path)
    assert [one.code for one in located(unknown, Finding("bad-size", "n", None, path))] == ["missing-variable"]


def test_after_a_thousand_problems_no_more_are_looked_for() -> None:
    many = [Finding("x", f"m{number}", None, ("defaults", "umask")) for number in range(1500)]
    told = located(*many)
    assert len(told) == 1001
    assert [one.code for one in told].count("too-many") == 1


def test_a_warning_is_no_error() -> None:
    warning = Problem("x", "m", severity="warning")
    assert not has_errors([warning])
    assert has_errors([warning, Problem("y", "n")])
    assert in_order([], ()) == ()
