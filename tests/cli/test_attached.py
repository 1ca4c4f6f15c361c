"""The foreground's reader of logs: what ends it is told, and ends nothing else."""

from __future__ import annotations

import os

import pytest

from udaemon.cli.attached import Attached
from udaemon.cli.options import GlobalOptions
from udaemon.logs.entries import Entry
from udaemon.logs.follow import LogReader
from udaemon.logs.tail import LogSource


class Broken(LogReader):
    """A log whose reading fails."""

    def __init__(self, path: str, error: Exception) -> None:
        super().__init__(LogSource("web", path))
        self._error = error

    def fresh(self) -> list[Entry]:
        raise self._error


@pytest.mark.parametrize(
    ("error", "reason"),
    [(OSError(24, "too many inotify watches"), "too many inotify watches"), (AttributeError("no such"), "no such")],
)
def test_a_thread_that_fails_says_so(
    tmp_path: os.PathLike[str], capsys: pytest.CaptureFixture[str], error: Exception, reason: str
) -> None:
    reader = Broken(f"{tmp_path}/web.log", error)

    def nobody() -> None:
        raise AssertionError

    attached = Attached(nobody, [reader], GlobalOptions())  # type: ignore[arg-type]
    with attached._logs():
        pass
    said = capsys.readouterr().err
    assert said.startswith("logs are shown no longer: ")
    assert reason in said
    assert attached._output_failed == []
    attached._ended_well = True
    assert attached._exit_code() == 1
