"""A logger that is killed at any line of its code, and the next one: every byte is in the file, once."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.process.log_heirs import Estate
from tests.process.log_rig import history, numbered

from udaemon.logs.log_target import LogTarget

LONG = b"long " * 14_000
"""More than is passed on in one piece."""

STAMP = re.compile(rb"\d{4}-\d\d-\d\dT[0-9:.]+Z|\d\d/\d\d/\d{4} \d\d:\d\d:\d\d")
SHORT = numbered(3, width=60)


CASES: dict[str, tuple[Sequence[dict[str, object]], Sequence[bytes]]] = {
    "bare": ([{}], [SHORT]),
    "an open end": ([{}], [SHORT + b"and no end"]),
    "a long line": ([{}], [LONG[:65_000]]),
    "stamped": ([{"timestamps": True}], [SHORT + b"and no end"]),
    "tagged": ([{"tagged": True}, {"tagged": True, "instance": 1}], [SHORT + b"no end", SHORT + b"nor here"]),
    "json": ([{"format": "json", "timestamps": True}], [SHORT + b"and no end"]),
    "legacy": ([{"format": "legacy"}], [SHORT + b"and no end"]),
    "rotated": ([{"max_size": 130, "backups": 9}], [numbered(7, width=60)]),
    "rotated, stamped": ([{"max_size": 200, "backups": 9, "timestamps": True}], [numbered(5, width=60)]),
    "rotated in a line": ([{"max_size": 500, "backups": 300}], [b"x" * 1200 + b"\n" + SHORT]),
    "two files": ([{}, {}], [SHORT, SHORT + b"and no end"]),
}


def estate(directory: Path, case: str) -> Estate:
    keys, texts = CASES[case]
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir()
    paths = {"path": str(directory / "x.log")}, {"path": str(directory / "y.log")}
    where = paths if case == "two files" else paths[:1] * 2
    standard: dict[str, object] = {"name": "web", "timestamps": False}
    return Estate([LogTarget(**(standard | one | path)) for one, path in zip(keys, where, strict=False)], texts)  # type: ignore[arg-type]


def written(directory: Path) -> list[bytes]:
    """Times differ; nothing else may."""
    return [STAMP.sub(b"TIME", history(directory / name)) for name in ("x.log", "y.log")]


def kill_everywhere(directory: Path, case: str, step: int) -> None:
    whole = estate(directory, case)
    lines = whole.run()
    whole.close()
    assert lines is not None
    expected = written(directory)
    for line in range(step // 2, lines - 5, step):  # how often it polls is chance
        one = estate(directory, case)
        assert one.run(line) is None, line
        assert one.run() is not None, line
        one.close()
        found = written(directory)
        if case == "tagged":  # two pipes: which of them comes first is chance
            found, expected = (
                [b"".join(sorted(text.splitlines(True))) for text in texts] for texts in (found, expected)
            )
        assert found == expected, (line, lines)


@pytest.mark.parametrize("case", CASES)
def test_f28_a_kill_at_a_line_of_the_logger_loses_nothing_and_doubles_nothing(tmp_path: Path, case: str) -> None:
    """Some of all lines, which `slow` tries one by one."""
    kill_everywhere(tmp_path / "log", case, step=89)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("case", CASES)
def test_f28_a_kill_at_any_line_of_the_logger_loses_nothing_and_doubles_nothing(tmp_path: Path, case: str) -> None:
    kill_everywhere(tmp_path / "log", case, step=1)
