"""Reading back: over rotated files, from either end, and on while the files are rotated."""

from __future__ import annotations

import gzip
import itertools
import os
from pathlib import Path

import pytest

from udaemon.logs.entries import Entry
from udaemon.logs.files import REMOVED, RotatingFile
from udaemon.logs.follow import LogReader
from udaemon.logs.tail import LogSource


def everything(_entry: Entry) -> bool:
    return True


def texts(path: Path, last: int | None = None, since: bytes = b"", instances: int = 1) -> list[str]:
    reader = LogReader(LogSource("x", str(path), instances), following=False)
    found = [entry.text.decode() for entry in reader.history(last=last, since=since, wanted=everything)]
    reader.close()
    return found


@pytest.fixture
def rotated(tmp_path: Path) -> Path:
    """A log of three files of which one is compressed; the second line of the oldest is long."""
    path = tmp_path / "x.log"
    (tmp_path / "x.log.11.gz").write_bytes(gzip.compress(b"a\n" + b"b" * 200_000 + b"\n"))
    (tmp_path / "x.log.2").write_bytes(b"c\n\nd\n")
    path.write_bytes(b"e\nf\n")
    for other in ("x.log.zip", "x.log.new", "yx.log.1", "x.log.1.bak"):
        (tmp_path / other).write_bytes(b"no\n")
    return path


def test_rotated_files_are_read_the_oldest_first(rotated: Path) -> None:
    assert texts(rotated) == ["a", "b" * 200_000, "c", "", "d", "e", "f"]


@pytest.mark.parametrize("last", range(9))
def test_the_last_lines_are_the_last_of_all(rotated: Path, last: int) -> None:
    everything = texts(rotated)
    assert texts(rotated, last) == everything[len(everything) - min(last, len(everything)) :]


@pytest.mark.parametrize("content", [b"", b"\n", b"a", b"a\n", b"\n\na\n\n", b"x" * 300_000 + b"\ny", b"a\r\n\x00\n"])
def test_both_directions_read_the_same(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.log"
    path.write_bytes(content)
    assert (
        texts(path, 10**6)
        == texts(path)
        == [line.decode() for line in content.removesuffix(b"\n").split(b"\n")][: None if content else 0]
    )


def test_no_log_is_no_lines(tmp_path: Path) -> None:
    assert texts(tmp_path / "none" / "x.log") == texts(tmp_path / "x.log", 5) == []


def test_both_forms_of_a_number_are_one_file(rotated: Path) -> None:
    Path(f"{rotated}.2.gz").write_bytes(gzip.compress(b"c\n\nd\n"))
    assert texts(rotated, 5) == ["c", "", "d", "e", "f"]


@pytest.mark.parametrize("last", [None, 100])
def test_since_leaves_out_what_is_older(tmp_path: Path, last: int | None) -> None:
    path = tmp_path / "x.log"
    stamp = "2026-11-24T12:00:0{}.000Z"
    path.write_text(f"{stamp.format(1)} old\n{stamp.format(2)} new\n{stamp.format(3)} newer\n")
    assert texts(path, last, since=stamp.format(2).encode()) == ["new", "newer"]


@pytest.mark.parametrize("last", [None, 100])
def test_since_takes_files_without_stamps_by_their_change(tmp_path: Path, last: int | None) -> None:
    path = tmp_path / "x.log"
    (tmp_path / "x.log.1").write_text("old\n")
    os.utime(tmp_path / "x.log.1", (1e9, 1e9))
    path.write_text("new\n")
    assert texts(path, last, since=b"2020-01-01T00:00:00.000Z") == ["new"]


def test_the_last_lines_of_one_instance_are_counted_alone(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    path.write_text("[0] a\n[1] b\n[0] c\n[1] d\n[0] e\n")
    reader = LogReader(LogSource("x", str(path), 2))
    found = reader.history(last=1, since=b"", wanted=lambda entry: entry.instance == 1)
    assert [entry.text for entry in found] == [b"d"]
    reader.close()


def rotating(path: Path, **keys: object) -> RotatingFile:
    return RotatingFile(str(path), note=lambda text: f"udaemon: {text}\n".encode(), **keys)  # type: ignore[arg-type]


def fresh(reader: LogReader) -> list[str]:
    return [entry.text.decode() for entry in reader.fresh()]


def test_a_line_half_written_is_told_once_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    path.write_bytes(b"one\ntw")
    reader = LogReader(LogSource("x", str(path)))
    assert [entry.text for entry in reader.history(last=None, since=b"", wanted=everything)] == [b"one"]
    assert fresh(reader) == []
    with path.open("ab") as file:
        file.write(b"o\nthree\n")
    assert fresh(reader) == ["two", "three"]
    reader.close()


@pytest.mark.parametrize("rotations", [1, 2, 3])
def test_f29_every_line_is_told_once_over_rotations_between_two_looks(tmp_path: Path, rotations: int) -> None:
    path = tmp_path / "x.log"
    file = rotating(path, max_size=30, backups=5)
    file.write(b"line 0\nline 1\n")
    reader = LogReader(LogSource("x", str(path)))
    for number in range(2, 2 + 3 * rotations):
        file.write(b"line %d..\n" % number)
    assert fresh(reader) == [f"line {number}.." for number in range(2, 2 + 3 * rotations)]
    file.write(b"last\n")
    assert fresh(reader) == ["last"]
    file.close()
    reader.close()


def test_f29_a_rotated_file_that_was_compressed_is_known_again(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    file = rotating(path, max_size=20, backups=5)
    file.write(b"line 0........\n")
    reader = LogReader(LogSource("x", str(path)))
    file.write(b"line 1........\n")
    first = tmp_path / "x.log.1"
    changed = first.stat().st_mtime_ns
    (tmp_path / "x.log.1.gz").write_bytes(gzip.compress(first.read_bytes()))
    os.utime(tmp_path / "x.log.1.gz", ns=(changed, changed))
    first.unlink()
    assert fresh(reader) == ["line 1........"]
    file.close()
    reader.close()


def test_f29_a_log_that_was_not_there_is_told_from_its_start(tmp_path: Path) -> None:
    path = tmp_path / "log" / "x.log"
    reader = LogReader(LogSource("x", str(path)))
    assert fresh(reader) == []
    file = rotating(path, max_size=20, backups=5)
    for number in range(3):
        file.write(b"line %d........\n" % number)
    assert fresh(reader) == [f"line {number}........" for number in range(3)]
    file.close()
    reader.close()


def test_f22_a_log_that_was_removed_is_followed_in_the_next(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    clock = itertools.count()
    file = rotating(path, backups=5, clock=lambda: float(next(clock)))
    file.write(b"one\n")
    reader = LogReader(LogSource("x", str(path)))
    path.unlink()
    file.write(b"two\n")
    assert fresh(reader) == [f"udaemon: {REMOVED}", "two"]
    file.close()
    reader.close()


def test_a_log_cut_short_by_others_is_read_from_its_start(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    path.write_bytes(b"a long first line\n")
    reader = LogReader(LogSource("x", str(path)))
    path.write_bytes(b"short\n")
    assert fresh(reader) == ["short"]
    reader.close()
