"""A follower that finds its place again after rotations faster than the file system's clock."""

from __future__ import annotations

import gzip
import os
import time
from pathlib import Path

import pytest

from udaemon.logs.files import RotatingFile
from udaemon.logs.follow import LogReader
from udaemon.logs.tail import LogSource


def lines(reader: LogReader) -> list[int]:
    return [int(entry.text) for entry in reader.fresh()]


@pytest.mark.parametrize("looks_at", [0, 1, 2, 3])
def test_f29_files_rotated_within_one_tick_are_each_read_once(tmp_path: Path, looks_at: int) -> None:
    """The follower's own file has gone, or is among those that are left."""
    path = tmp_path / "x.log"
    file = RotatingFile(str(path), max_size=2, backups=3, note=str.encode)
    for number in range(looks_at + 1):
        file.write(b"%d\n" % number)
    reader = LogReader(LogSource("x", str(path)))
    for number in range(looks_at + 1, 6):
        file.write(b"%d\n" % number)
    assert lines(reader) == list(range(max(2, looks_at + 1), 6))
    reader.close()
    file.close()


def test_f29_packed_files_rotated_within_one_tick_are_each_read_once(tmp_path: Path) -> None:
    """A packed file has the time of change of what it was made of, and nothing else in common with it."""
    path = tmp_path / "x.log"
    file = RotatingFile(str(path), max_size=2, backups=9, note=str.encode)
    for number in range(3):
        file.write(b"%d\n" % number)
    reader = LogReader(LogSource("x", str(path)))
    for number in range(3, 6):
        file.write(b"%d\n" % number)
    for plain in tmp_path.glob("x.log.*"):
        packed = plain.with_name(plain.name + ".gz")
        packed.write_bytes(gzip.compress(plain.read_bytes()))
        changed = plain.stat().st_mtime_ns
        os.utime(packed, ns=(changed, changed))
        plain.unlink()
    assert lines(reader) == [3, 4, 5]
    reader.close()
    file.close()


def test_f29_a_file_is_dated_when_it_is_complete(tmp_path: Path) -> None:
    """By a clock without steps, and later than the one before it: a follower tells by that which came first."""
    path = tmp_path / "x.log"
    file = RotatingFile(str(path), max_size=2, backups=9, note=str.encode)
    file.write(b"0\n")
    file.write(b"1\n")
    before = time.time_ns()
    file.write(b"2\n")
    first, second = (os.stat(f"{path}.{number}").st_mtime_ns for number in (2, 1))
    file.close()
    assert first < before <= second
