"""F49, F52: a manifest is read in a process of its own, and nothing of it reaches the one that asks."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from tests.fakes.reactor import SmallReactor

from udaemon.errors import ManifestError, UdaemonError
from udaemon.manifest.model import Manifest
from udaemon.supervisor.reading import Reading


def read(folder: Path, names: list[str]) -> Manifest | UdaemonError:
    """Read a manifest as a supervisor does."""
    answers: list[Manifest | UdaemonError] = []
    asked: dict[str, Any] = {"paths": names, "environ": {"HOME": "/h"}, "cwd": str(folder), "project": "p"}
    with SmallReactor() as reactor:
        reading = Reading(reactor, asked, answers.append, time.monotonic())
        reactor.add(reading)
        reactor.run_until(lambda: answers, deadline=15)
        assert reactor.watched == frozenset()
        assert reading.deadline is None
    (answer,) = answers
    return answer


def test_a_good_manifest_comes_back_whole(tmp_path: Path) -> None:
    (tmp_path / "udaemon.toml").write_text("[daemons.a]\ncommand = 'a'\nlog.max-size = '1G'")
    manifest = read(tmp_path, [])
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
def test_f49_what_is_wrong_comes_back_with_its_place(text: str, code: str, tmp_path: Path) -> None:
    (tmp_path / "udaemon.toml").write_text(text)
    error = read(tmp_path, ["udaemon.toml"])
    assert isinstance(error, ManifestError)
    assert [problem.code for problem in error.problems] == [code]


def test_f49_a_vanished_file_is_an_error(tmp_path: Path) -> None:
    error = read(tmp_path, ["gone.toml"])
    assert isinstance(error, ManifestError)
    assert [problem.code for problem in error.problems] == ["unreadable"]
    assert isinstance(read(tmp_path, []), UdaemonError)


def test_f52_a_reader_that_is_killed_is_an_error_like_any_other(tmp_path: Path) -> None:
    (tmp_path / "udaemon.toml").write_text("[daemons.a]\ncommand = 'a'")
    answers: list[Manifest | UdaemonError] = []
    asked: dict[str, Any] = {"paths": [], "environ": {}, "cwd": str(tmp_path)}
    with SmallReactor() as reactor:
        reading = Reading(reactor, asked, answers.append, time.monotonic())
        reading.expire(time.monotonic())
        assert reactor.watched == frozenset()
    (error,) = answers
    assert isinstance(error, ManifestError)
    assert error.problems[0].message == "reading it takes more time than a manifest may"
