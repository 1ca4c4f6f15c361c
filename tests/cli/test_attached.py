"""The foreground's reader of logs: what ends it is told, and ends nothing else."""

from __future__ import annotations

import os

import pytest

from udaemon.cli.foreground import Attach, ForegroundUp
from udaemon.cli.options import GlobalOptions
from udaemon.control.client import SupervisorGone
from udaemon.control.messages import Answer
from udaemon.errors import UdaemonError
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

    attached = ForegroundUp(nobody, [reader], GlobalOptions(), Attach())  # type: ignore[arg-type]
    with attached._logs():
        pass
    said = capsys.readouterr().err
    assert said.startswith("logs are shown no longer: ")
    assert reason in said
    assert attached._output_failed == []
    attached._ended_well = True
    assert attached._exit_code() == 1


class Stream:
    """A client that reads these events, and then nothing more: the stream is cut, or the supervisor has ended."""

    def __init__(self, *events: str) -> None:
        self._events = list(events)
        self._read, write = os.pipe()
        os.close(write)  # it is always readable
        self.posted: list[str] = []

    def post(self, verb: str, **args: object) -> None:
        self.posted.append(verb)

    def fileno(self) -> int:
        return self._read

    def arrived(self) -> list[Answer]:
        if not self._events:
            raise SupervisorGone
        told = {"event": self._events.pop(0), "name": None, "instance": None, "message": ""}
        return [Answer({"events": [told]}, more=True)]


def test_a_stream_that_was_cut_is_taken_up_again_until_the_supervisor_has_ended() -> None:
    """Issue 9: a terminal held by Ctrl-S was taken for a dead supervisor, and all daemons went."""
    again = [Stream("down"), Stream("started")]
    attached = ForegroundUp(again.pop, [], GlobalOptions(quiet=True), Attach())  # type: ignore[arg-type]
    attached._watch(Stream("started"))  # type: ignore[arg-type]
    assert attached._ended_well
    assert again == []


def test_a_supervisor_that_is_gone_is_not_waited_for() -> None:
    def nobody() -> None:
        raise UdaemonError("the supervisor does not listen")

    attached = ForegroundUp(nobody, [], GlobalOptions(quiet=True), Attach())  # type: ignore[arg-type]
    attached._watch(Stream("started"))  # type: ignore[arg-type]
    assert not attached._ended_well
