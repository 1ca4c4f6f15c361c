"""Files that were imported, and when they are stale."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from types import ModuleType

import pytest

from udaemon.engines.zygote import sources as ours
from udaemon.engines.zygote.sources import Sources


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that was imported, so it seems, an hour after it was written."""
    path = tmp_path / "imported_once.py"
    path.write_text("x = 1\n")
    hour_ago = time.time() - 3600
    os.utime(path, (hour_ago, hour_ago))
    module = ModuleType("imported_once")
    module.__file__ = str(path)
    monkeypatch.setitem(sys.modules, "imported_once", module)
    return path


def test_unchanged_sources_are_not_stale(source: Path) -> None:
    sources = Sources()
    sources.note()
    assert sources.changed() is None


def test_a_change_in_the_same_second_and_of_the_same_size_is_seen(source: Path) -> None:
    sources = Sources()
    sources.note()
    before = source.stat()
    source.write_text("x = 2\n")
    os.utime(source, ns=(before.st_atime_ns, before.st_mtime_ns + 1))
    assert sources.changed() == str(source)


def test_a_source_that_is_gone_is_stale(source: Path) -> None:
    sources = Sources()
    sources.note()
    source.unlink()
    assert sources.changed() == str(source)


def test_a_source_written_while_it_was_imported_is_stale(source: Path) -> None:
    sources = Sources()
    source.write_text("x = 2\n")
    sources.note()
    assert sources.changed() == str(source)


def test_a_source_from_the_future_is_not_stale_for_ever(source: Path) -> None:
    tomorrow = time.time() + 86400
    os.utime(source, (tomorrow, tomorrow))
    sources = Sources()
    sources.note()
    assert sources.changed() is None


def test_the_standard_library_and_udaemon_do_not_count() -> None:
    sources = Sources()
    assert not sources._counts(json.__file__)
    assert not sources._counts(ours.__file__)
    assert sources._counts(pytest.__file__)
