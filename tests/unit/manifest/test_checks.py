"""Rules between keys."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.manifest.write import loaded, told


@pytest.mark.parametrize(
    ("text", "code", "path", "place"),
    [
        ("[daemons.a]", "nothing-to-run", "daemons.a", (1, 10)),
        ("[daemons.a]\nfactroy='a:b'", "unknown-key", "daemons.a.factroy", (2, 1)),
        ("[daemons.a]\nfactory='a:b'\nsleep=1\ncommand='c'", "both-to-run", "daemons.a.command", (4, 1)),
        ("[daemons.a]\ncommand='c'\nmin-sleep=1", "contradiction", "daemons.a.min-sleep", (3, 1)),
        ("[daemons.a]\ncommand='c'\ncron='0 4 * * *'\nsleep=1", "contradiction", "daemons.a.sleep", (4, 1)),
        ("[daemons.a]\nfactory='a:b'\nsleep=1\noverlap='cancel'", "contradiction", "daemons.a.overlap", (4, 9)),
        ("[daemons.a]\ncommand='c'\nmisfire='run-once'", "contradiction", "daemons.a.misfire", (3, 1)),
        ("[daemons.a]\nfactory='a:b'\nsleep=1\nshell=true", "contradiction", "daemons.a.shell", (4, 1)),
        ("[daemons.a]\ncommand=['c']\nshell=true", "contradiction", "daemons.a.command", (2, 9)),
        ("[daemons.a]\ncommand='c'\nbackoff.initial='2m'", "contradiction", "daemons.a.backoff", (3, 1)),
        ("[daemons.a]\nfactory='a:b'", "no-pause", "daemons.a", (1, 10)),
        ("[daemons.a]\ncommand='c'\nlog-dir='/l'\ncommon-log='/l/a.log'", "same-log", "daemons.a.common-log", (4, 12)),
        ("[daemons]", "no-daemons", "daemons", (1, 2)),
        ("project='a'", "no-daemons", "daemons", (None, None)),
    ],
)
def test_each_rule(text: str, code: str, path: str, place: tuple[int | None, int | None], tmp_path: Path) -> None:
    problems = told(tmp_path, text)
    assert [(problem.code, problem.path, (problem.line, problem.column)) for problem in problems] == [
        (code, path, place)
    ]


def test_defaults_for_tasks_are_no_contradiction_in_a_command(tmp_path: Path) -> None:
    text = "[defaults]\nsleep='5s'\nshell=true\n[daemons.a]\ncommand='c'\n[daemons.b]\nfactory='a:b'"
    daemons = loaded(tmp_path, text).daemons
    assert (daemons["a"].sleep, daemons["a"].shell) == (0.0, True)
    assert (daemons["b"].sleep, daemons["b"].shell) == (5.0, False)


def test_f30_no_two_daemons_write_one_file(tmp_path: Path) -> None:
    text = "[daemons.a]\ncommand='c'\nlog-dir='/l'\n[daemons.b]\ncommand='c'\ncommon-log='/l/a.log'"
    problems = told(tmp_path, text)
    assert [(problem.code, problem.path) for problem in problems] == [("same-log", "daemons.b.common-log")]
