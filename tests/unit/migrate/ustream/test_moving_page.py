"""The page "Moving from ustream/daemon" has a row for whatever the library had."""

from __future__ import annotations

from pathlib import Path

import pytest

from udaemon.migrate.ustream.keys import KNOWN, WITHOUT_EFFECT

PAGE = (Path(__file__).parents[4] / "docs/guide/legacy.md").read_text()
ROWS = {
    "Keys": [*KNOWN, *(key for key in WITHOUT_EFFECT if key != "help")],
    "Flags of the entry script": [
        *("--id", "--factory", "--sleep", "--min-sleep", "--memory-limit", "--instance", "--config", "-h")
    ],
    "Tasks and events": ["StopException", "CallbackTask", "START", "TASK_DONE", "builder", "runner", "multi-instance"],
    "Signals": ["TERM", "QUIT", "INT", "HUP", "USR1", "USR2", "CHLD", "KILL", "ALRM"],
    "Files": ["ID-CONTEXT.pid", "ID-.pid", "ID-CONTEXT-N.pid", "ID-CONTEXT.log", "log-dir", "umask 0"],
    "Log lines": [
        *("p [17768] hello", "3> hello", "Daemon created.", "fork called", "Creating pid file!", "Using configuration"),
        *("releaseDaemon called", "releaseDaemon unlinking pidFile!", "no pid file was deleted!", "out of memory"),
    ],
}


@pytest.mark.parametrize(("section", "what"), [(section, what) for section, row in ROWS.items() for what in row])
def test_it_has_a_row_with_two_sides(section: str, what: str) -> None:
    text = PAGE.split(f"\n## {section}\n")[1].split("\n## ")[0]
    rows = [line.replace("\\|", "").split("|")[1:-1] for line in text.splitlines() if line.startswith("| ")]
    then = 1 if section == "Signals" else 0

    assert [cells for cells in rows if what in "".join(cells[: then + 1]) and cells[-1].strip()]
