"""From tables to the model: all that is wrong in one pass, and the rest of the manifest as if that were not there."""

from __future__ import annotations

from typing import Any

import pytest

from udaemon.manifest.problems import Path
from udaemon.manifest.structure import structure


def found(top: dict[str, Any]) -> dict[Path, str]:
    """What is wrong, by its path."""
    return {finding.path: finding.code for finding in structure(top)[1]}


def daemon(**keys: Any) -> dict[str, Any]:
    return {"daemons": {"a": {"command": "a", **{name.replace("_", "-"): value for name, value in keys.items()}}}}


def test_what_is_right_is_the_model() -> None:
    root, wrong = structure({"project": "shop", **daemon(instances=2, stop={"timeout": "5s"})})
    assert wrong == []
    assert (root.project, root.daemons["a"].name, root.daemons["a"].instances) == ("shop", "a", 2)
    assert root.daemons["a"].stop.timeout == 5.0


def test_everything_that_is_wrong_is_found_at_once() -> None:
    top = {
        "project": "No",
        "nonsense": 1,
        "daemons": {
            "a": {"command": "a", "instances": "two", "stop": {"timeout": "soon", "signl": "TERM"}},
            "B": {"command": ["x", 5]},
            "c": 7,
        },
    }
    assert found(top) == {
        ("project",): "bad-name",
        ("nonsense",): "unknown-key",
        ("daemons", "a", "instances"): "wrong-type",
        ("daemons", "a", "stop", "timeout"): "bad-duration",
        ("daemons", "a", "stop", "signl"): "unknown-key",
        ("daemons", "B"): "bad-name",
        ("daemons", "B", "command", 1): "wrong-type",
        ("daemons", "c"): "wrong-type",
    }


def test_a_key_that_is_wrong_is_left_out_and_the_daemon_stays() -> None:
    root, wrong = structure(daemon(instances="two", umask="077"))
    assert len(wrong) == 1
    assert (root.daemons["a"].instances, root.daemons["a"].umask) == (1, 0o077)


@pytest.mark.parametrize(
    "keys", [{"command": 5}, {"cwd": 5}, {"env": {"A": 1}}, {"shell": "x"}, {"enabled": 5}, {"comand": "a"}]
)
def test_where_what_runs_is_not_known_the_daemon_is_left_out_and_the_others_are_not(keys: dict[str, Any]) -> None:
    top = daemon(**keys)
    top["daemons"]["other"] = {"command": "b"}
    root, wrong = structure(top)
    assert len(wrong) == 1
    assert list(root.daemons) == ["other"]


def test_a_wrong_key_of_the_top_level_leaves_the_daemons_as_they_are() -> None:
    root, _ = structure({"project": 5, "env": {"A": 1}, **daemon()})
    assert (root.project, root.env, list(root.daemons)) == (None, {}, ["a"])


def test_daemons_that_are_no_table_are_told_with_the_form() -> None:
    [finding] = structure({"daemons": ["a"]})[1]
    assert (finding.code, finding.hint) == (
        "wrong-type",
        "each one is a table under its name, such as [daemons.mailer]",
    )


def test_a_name_of_a_daemon_is_wrong_at_its_key() -> None:
    [finding] = structure({"daemons": {"Mailer": {"command": "a"}}})[1]
    assert (finding.path, finding.at_key) == (("daemons", "Mailer"), True)


def test_a_misspelt_key_is_told_with_what_was_meant() -> None:
    [finding] = structure(daemon(instnces=2))[1]
    assert (finding.code, finding.hint) == ("unknown-key", "did you mean instances?")


def test_of_a_thousand_unknown_keys_not_each_is_looked_for() -> None:
    keys = {f"instancs{number}": 1 for number in range(150)}
    hints = [finding.hint for finding in structure(daemon(**keys))[1]]
    assert len(hints) == 150
    assert sum(hint is not None for hint in hints) <= 100


def test_what_an_import_left_to_do_is_said_so() -> None:
    [finding] = structure(daemon(instances="TODO: how many?"))[1]
    assert finding.message.endswith(": it is still to do")
