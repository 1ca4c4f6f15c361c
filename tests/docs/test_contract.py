"""The page of the contract has the words and the JSON of the program."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from tests.docs.page import steps
from tests.docs.reader import Reader

from udaemon.errors import ExitCode
from udaemon.policy.instance import State, Wanted
from udaemon.policy.reasons import Reason

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "contract.md"
TEXT = PAGE.read_text(encoding="utf-8")

PROJECT = """
[daemons.mailer]
factory = "shop:create"
sleep = "1h"
memory-limit = "1G"
[daemons.db]
command = "sleep 600"
"""


def rows(head: str) -> list[str]:
    """The first cells of the table with this head."""
    table = TEXT.partition(f"\n| {head} | means |\n")[2].partition("\n\n")[0]
    return [row.split("|")[1].strip().strip("`") for row in table.splitlines()[1:]]


def files_of_a_run() -> set[str]:
    """What is in the run directory, but for the pid files of instances."""
    told = TEXT.partition("\nIn it are ")[2].partition(", and for each instance")[0]
    return {name.rstrip("/") for name in re.findall(r"`([^`]+)`", told)}


def shape(value: Any) -> Any:
    """Objects by their keys, lists by what is in the first of them; anything else has none."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    return [shape(value[0])] if isinstance(value, list) else ""


def test_states_reasons_and_exit_codes_are_those_of_the_program() -> None:
    assert rows("`state`") == [str(state) for state in State]
    assert sorted(rows("`exit.reason`")) == sorted(Reason)
    assert rows("code") == [str(int(code)) for code in ExitCode]
    assert all(f"`{wanted}`" in TEXT for wanted in Wanted)


def test_ps_and_the_run_directory_are_as_the_page_shows(reader: Reader) -> None:
    (reader.directory / "shop.py").write_text("def create():\n    return lambda: None\n")
    (reader.directory / "udaemon.toml").write_text(PROJECT)
    reader.run("udaemon up -d && udaemon wait mailer@run-ok", "")
    reader.run("udaemon ps --json > told.json", "")
    (shown,) = [json.loads(step.text) for step in steps(PAGE) if step.kind == "json"]

    got = json.loads((reader.directory / "told.json").read_text())

    assert shape(got) == shape(shown)
    assert {path.name for path in reader.runtime.glob("udaemon/shop-*/*")} == {
        *files_of_a_run(),
        "mailer.pid",
        "db.pid",
    }
    assert {one["kind"] for one in got["instances"]} == set(re.findall(r"`kind` is `(\w+)` or `(\w+)`", TEXT)[0])
