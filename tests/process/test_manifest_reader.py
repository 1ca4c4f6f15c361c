"""faults.md F49, F52: a manifest is read anew in a process of its own, and nothing of it reaches the one that asks."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.fakes.reactor import SmallReactor

from udaemon.errors import ExitCode, ManifestError, UdaemonError
from udaemon.manifest.model import Manifest
from udaemon.service.manifest_answer import Result
from udaemon.service.manifest_reader import ManifestReader, Source


class Reading:
    """A reader of the manifest in a folder, and what came of each time it was asked."""

    def __init__(self, folder: Path, reactor: SmallReactor) -> None:
        self.file = folder / "udaemon.toml"
        self.reactor = reactor
        self.reader = ManifestReader(reactor, Source((str(self.file),), "p"), time.monotonic)
        self.results: list[Result] = []
        reactor.add(self.reader)

    def read(self, text: str | None = None) -> Result:
        if text is not None:
            self.file.write_text(text)
        count = len(self.results)
        self.reader.read(self.results.append)
        self.reactor.run_until(lambda: len(self.results) > count, deadline=20)
        assert self.reactor.watched == frozenset()
        assert self.reader.deadline is None
        return self.results[-1]


@pytest.fixture
def reading(tmp_path: Path) -> Iterator[Reading]:
    with SmallReactor() as reactor:
        made = Reading(tmp_path, reactor)
        yield made
        made.reader.close()


def test_a_good_manifest_comes_back_whole(reading: Reading) -> None:
    manifest = reading.read("[daemons.a]\ncommand = 'a'\nlog.max-size = '1G'")
    assert isinstance(manifest, Manifest)
    assert (manifest.project, manifest.daemons["a"].log.max_size) == ("p", 1024**3)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[daemons.a]\nslep = 1\ncommand = 'a'", "unknown-key"),
        ("[daemons", "syntax"),
        ("", "no-daemons"),
        ("a = " + "[" * 50_000, "too-deep"),
    ],
)
def test_f49_what_is_wrong_comes_back_with_its_place(text: str, code: str, reading: Reading) -> None:
    error = reading.read(text)
    assert isinstance(error, ManifestError)
    assert [problem.code for problem in error.problems] == [code]
    assert error.problems[0].file == str(reading.file)


def test_f49_a_vanished_file_is_an_error(reading: Reading) -> None:
    error = reading.read()
    assert isinstance(error, ManifestError)
    assert [problem.code for problem in error.problems] == ["unreadable"]


def test_f52_a_reader_that_takes_too_long_is_ended_and_told(reading: Reading) -> None:
    os.mkfifo(reading.file.with_suffix(".fifo"))
    reading.reader.read(reading.results.append)
    pid = reading.reader.pid
    assert pid is not None
    reading.reader.expire(time.monotonic())
    (error,) = reading.results
    assert isinstance(error, ManifestError)
    assert error.problems[0].message == "reading it takes more time than a manifest may"
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_two_that_ask_at_once_are_answered_one_after_the_other_each_with_the_file_as_it_is_then(
    reading: Reading,
) -> None:
    reading.file.write_text("[daemons.a]\ncommand = 'a'")

    def first(result: Result) -> None:
        reading.results.append(result)
        reading.file.write_text("[daemons.b]\ncommand = 'b'")

    reading.reader.read(first)
    reading.reader.read(reading.results.append)
    reading.reactor.run_until(lambda: len(reading.results) == 2, deadline=20)
    assert [list(one.daemons) for one in reading.results if isinstance(one, Manifest)] == [["a"], ["b"]]


def test_one_from_standard_input_cannot_be_read_again() -> None:
    results: list[Result] = []
    with SmallReactor() as reactor:
        ManifestReader(reactor, None, time.monotonic).read(results.append)
    (error,) = results
    assert isinstance(error, UdaemonError)
    assert error.exit_code is ExitCode.USAGE


def test_closed_it_calls_nobody_and_leaves_no_process(reading: Reading) -> None:
    reading.file.write_text("[daemons.a]\ncommand = 'a'")
    reading.reader.read(reading.results.append)
    reading.reader.close()
    assert (reading.results, reading.reader.pid, reading.reactor.watched) == ([], None, frozenset())
