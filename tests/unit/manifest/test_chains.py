"""The key `after-run`: its table, and what is wrong with it beside the other daemons."""

from __future__ import annotations

from typing import Any

import pytest

from udaemon.manifest.chains import AfterRun, AfterRuns, Ending, check_chains
from udaemon.manifest.problems import Wrong
from udaemon.manifest.structure import structure


def found(**daemons: dict[str, Any]) -> list[tuple[str, str, tuple[object, ...]]]:
    """What is wrong, each daemon a task but for what is said."""
    written = {name: keys if "command" in keys else {"task": "jobs:run", **keys} for name, keys in daemons.items()}
    root, wrong = structure({"daemons": {name: keys for name, keys in written.items() if "profiles" not in keys}})
    assert wrong == []
    return [(one.code, one.message, one.path[1:]) for one in check_chains(root, written)]


def after(**names: str) -> dict[str, Any]:
    return {"after-run": names}


def test_a_table_of_names_is_read_and_written() -> None:
    value = AfterRuns().parse({"export": "ok", "import": "any"})
    assert value == (AfterRun("export", Ending.OK), AfterRun("import", Ending.ANY))
    assert AfterRuns().dump(value) == {"export": "ok", "import": "any"}


@pytest.mark.parametrize("value", ["export", ["export"], 5])
def test_what_is_no_table_is_told(value: object) -> None:
    with pytest.raises(Wrong) as caught:
        AfterRuns().parse(value)
    assert (caught.value.code, caught.value.hint) == ("wrong-type", 'write after-run = { export = "ok" }')


def test_all_that_is_wrong_in_the_table_is_told_at_once() -> None:
    with pytest.raises(ExceptionGroup) as caught:
        AfterRuns().parse({"No": "ok", "a": "okay"})
    wrongs = [one for one in caught.value.exceptions if isinstance(one, Wrong)]
    assert [(one.code, one.path, one.at_key) for one in wrongs] == [
        ("bad-name", ("No",), True),
        ("bad-choice", ("a",), False),
    ]


@pytest.mark.parametrize(
    ("on", "ok", "failed"), [(Ending.OK, True, False), (Ending.FAILED, False, True), (Ending.ANY, True, True)]
)
def test_which_runs_count(on: Ending, *, ok: bool, failed: bool) -> None:
    one = AfterRun("a", on)
    assert (one.counts(ok=True), one.counts(ok=False)) == (ok, failed)


def test_what_is_there_and_has_runs_may_be_followed() -> None:
    nightly = {"command": "x", "cron": "@daily"}
    assert found(a=after(b="ok", c="any"), b={}, c=nightly) == []


@pytest.mark.parametrize(
    ("daemons", "code", "message"),
    [
        ({"a": after(bb="ok"), "b": {}}, "unknown-daemon", 'there is no daemon "bb"'),
        (
            {"a": after(b="ok"), "b": {"profiles": ["debug"]}},
            "unknown-daemon",
            "b is left out with its profile",
        ),
        ({"a": after(b="ok"), "b": {"command": "x"}}, "contradiction", "b is a command: it has no runs"),
        ({"a": after(a="ok")}, "after-run-cycle", "runs after itself"),
        ({"a": after(b="ok"), "b": after(a="any")}, "after-run-cycle", "runs after itself: a → b → a"),
    ],
)
def test_what_cannot_be_followed_is_told_at_its_name(daemons: dict[str, Any], code: str, message: str) -> None:
    ((found_code, found_message, path),) = found(**daemons)
    assert (found_code, found_message) == (code, message)
    assert path[:2] == ("a", "after-run")


def test_each_circle_is_told_once() -> None:
    told = found(a=after(b="ok"), b=after(a="ok"), c=after(d="ok"), d=after(c="ok"))
    assert [message for _, message, _ in told] == ["runs after itself: a → b → a", "runs after itself: c → d → c"]
