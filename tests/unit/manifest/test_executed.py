"""The commands that a daemon names beside its own: each of them, at its place, in every way to write it."""

from __future__ import annotations

import tomllib
from pathlib import Path

from tests.unit.manifest.write import loaded

from udaemon.manifest.executed import commands, hook_commands, written_commands

ALL = """
[daemons.web]
command = "serve"
before-start = ["a 1", { command = "b 2", timeout = "5m" }, ["c", "3"]]
after-stop = "d 4"
stop.command = "e 5"
ready.exec = "f 6"
health = { exec = ["g", "7"], period = "1m" }
on.start = { exec = "h 8" }
on.failed = ["jobs:told", { webhook = "https://host/" }, { exec = ["i", "9"] }]
[on]
missed = { exec = "j 10" }
"""


def test_each_is_found_at_its_place(tmp_path: Path) -> None:
    manifest = loaded(tmp_path, ALL)

    found = {".".join(map(str, place)): argv for place, argv in commands(manifest.daemons["web"], ())}

    assert found == {
        "before-start.0.command": ("a", "1"),
        "before-start.1.command": ("b", "2"),
        "before-start.2.command": ("c", "3"),
        "after-stop.0.command": ("d", "4"),
        "stop.command": ("e", "5"),
        "ready.exec": ("f", "6"),
        "health.exec": ("g", "7"),
        "on.start.0.exec": ("h", "8"),
        "on.failed.2.exec": ("i", "9"),
    }
    assert list(hook_commands(manifest.on, ())) == [(("on", "missed", 0, "exec"), ("j", "10"))]


def test_as_written_they_have_the_same_places(tmp_path: Path) -> None:
    table = tomllib.loads(ALL)["daemons"]["web"]

    written = dict(written_commands(table, ("x",)))

    assert {*written} == {place for place, _ in commands(loaded(tmp_path, ALL).daemons["web"], ("x",))}
    assert written["x", "before-start", 2, "command"] == ["c", "3"]
    assert written["x", "health", "exec"] == ["g", "7"]


def test_what_has_another_form_is_none() -> None:
    wrong = {"before-start": [7, {}], "stop": "TERM", "ready": {}, "on": {"failed": "jobs:told", "start": {"exec": 1}}}
    assert [*written_commands({"on": None}, ())] == []
    assert [value for _, value in written_commands(wrong, ()) if isinstance(value, str | list)] == []
