"""Waiting for something to happen to a file."""

from __future__ import annotations

import os
import select
from pathlib import Path

from udaemon.logs.watch import Watch


def happened(watch: Watch) -> bool:
    """Whether it is readable at once; what it tells is taken note of."""
    ready = bool(select.select([watch.fileno()], [], [], 0)[0])
    watch.clear()
    return ready


def test_a_write_a_rename_and_a_new_file_are_told(tmp_path: Path) -> None:
    file = tmp_path / "x.log"
    watch = Watch([str(tmp_path)])
    assert not happened(watch)
    file.write_bytes(b"a")
    assert happened(watch)
    with file.open("ab") as more:
        more.write(b"b")
    assert happened(watch)
    file.rename(tmp_path / "y.log")
    assert happened(watch)
    assert not happened(watch)
    watch.close()


def test_a_directory_is_waited_for_in_the_nearest_above(tmp_path: Path) -> None:
    directory = tmp_path / "a" / "b"
    watch = Watch([str(directory)])
    (tmp_path / "other").write_bytes(b"")
    assert happened(watch)
    directory.parent.mkdir()
    assert happened(watch)
    directory.mkdir()
    assert happened(watch)
    (directory / "x.log").write_bytes(b"a")
    assert happened(watch)
    (tmp_path / "another").write_bytes(b"")
    (directory.parent / "another").write_bytes(b"")
    happened(watch)  # the end of the watches above is told as well
    (tmp_path / "other").write_bytes(b"more")
    (directory.parent / "another").write_bytes(b"more")
    assert not happened(watch)
    watch.close()


def test_a_directory_that_is_replaced_is_watched_again(tmp_path: Path) -> None:
    directory = tmp_path / "log"
    directory.mkdir()
    watch = Watch([str(directory)])
    directory.rename(tmp_path / "old")
    assert happened(watch)
    directory.mkdir()
    assert happened(watch)
    (directory / "x.log").write_bytes(b"a")
    assert happened(watch)
    watch.close()


def test_one_that_rests_tells_of_nothing_more(tmp_path: Path) -> None:
    watch = Watch([str(tmp_path)])
    watch.rest()
    os.read(watch.fileno(), 4096)  # that each watch was removed is told (inotify(7), IN_IGNORED)
    (tmp_path / "x.log").write_bytes(b"a")
    assert not select.select([watch.fileno()], [], [], 0)[0]
    watch.rest()
    watch.close()
