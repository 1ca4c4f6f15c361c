"""What `tests/fuzz` found: each text once ended in a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.fuzz.readers import load

from udaemon.manifest.read import examine

DAEMON = "daemons: {a: {comand: x}}\n"


@pytest.mark.parametrize(
    "text",
    [
        'a = 1\na = 2\n["\\x0"]\n',
        'a = 1\na = 2\n"\\u" = 3\n',
        'a = 1\na = 2\nb = """\\q"""\n',
        f"a = 1\na = 2\nb = {'[' * 5000}\n",
        f"a = 1\na = 2\nb = {'{b = ' * 5000}\n",
    ],
)
def test_anything_may_stand_behind_a_repeated_key(text: str) -> None:
    load(text.encode(), toml=True)


@pytest.mark.parametrize("key", ["1", "? [x]\n", "<<", "null"])
@pytest.mark.parametrize(
    "value",
    ["&a [*a]", "&a {b: *a}", f"{'[' * 900}{']' * 900}", f"{'{a: ' * 900}{'}' * 900}"],
    ids=["list-in-itself", "table-in-itself", "lists", "tables"],
)
def test_what_is_refused_may_be_without_bounds(key: str, value: str) -> None:
    load(f"{DAEMON}{key}: {value}\n".encode(), toml=False)


@pytest.mark.parametrize(
    "pattern", ["9" * 300 + "*.toml", "*/" + "9" * 300 + "/*.toml", "9" * 300 + "/*.toml", "9" * 300]
)
def test_a_name_that_no_file_can_have_is_had_by_none(tmp_path: Path, pattern: str) -> None:
    (tmp_path / "sub").mkdir()
    manifest = tmp_path / "udaemon.toml"
    manifest.write_text(f'include = "{pattern}"\n[daemons.a]\ncommand = "true"\n')
    problems = examine([str(manifest)], environ={"HOME": str(tmp_path)}, cwd=str(tmp_path)).problems
    assert {problem.code for problem in problems} <= {"unreadable"}
