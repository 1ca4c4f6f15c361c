"""One log file: what may be opened, when it is rotated, and what a kill in between leaves."""

from __future__ import annotations

import contextlib
import itertools
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from udaemon.logs.files import REMOVED, RotatingFile
from udaemon.logs.open_file import NotAFileError, open_log
from udaemon.logs.rotation import backup, new_name, recover


class Killed(BaseException):
    """Stands for kill -9: no handler of the code under test catches it."""


def rotating(path: Path, hook: Callable[[str], None] = lambda _step: None, **keys: object) -> RotatingFile:
    clock = itertools.count()  # each look is a long time after the last
    keys = {"max_size": 20, "backups": 2, "clock": lambda: float(next(clock))} | keys
    return RotatingFile(str(path), note=lambda text: f"udaemon: {text}\n".encode(), hook=hook, **keys)  # type: ignore[arg-type]


def history(path: Path, backups: int = 9) -> str:
    names = [name for number in range(backups, 0, -1) if (name := backup(str(path), number)) is not None]
    return "".join(Path(name).read_text() for name in [*names, str(path)] if os.path.exists(name))


def test_a_file_and_its_directory_are_made(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "x.log"
    file = rotating(path)
    assert file.write(b"hello\n") == 6
    assert path.read_bytes() == b"hello\n"
    file.close()


def test_it_is_rotated_before_it_would_grow_too_big(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    file = rotating(path)
    for number in range(8):
        file.write(b"line %d....\n" % number)
    file.close()
    assert sorted(os.listdir(tmp_path)) == ["x.log", "x.log.1", "x.log.2"]
    assert history(path) == "line 5....\nline 6....\nline 7....\n"


def test_without_backups_the_file_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    file = rotating(path, backups=0)
    file.write(b"one.........\n")
    file.write(b"two.........\n")
    file.close()
    assert os.listdir(tmp_path) == ["x.log"]
    assert path.read_bytes() == b"two.........\n"


def test_a_chunk_beyond_the_size_goes_in_parts_that_end_with_a_line(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    file = rotating(path, backups=9)
    data = b"".join(b"%d\n" % number for number in range(100, 125))
    rest = data
    while rest:
        rest = rest[file.write(rest) :]
    file.close()
    assert history(path).encode() == data
    assert all(os.path.getsize(tmp_path / name) <= 20 for name in os.listdir(tmp_path))


def test_a_line_that_is_longer_than_the_size_is_whole_and_alone(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    file = rotating(path, backups=9)
    rest = b"before\n" + b"L" * 50 + b"\nafter\n"
    while rest:
        rest = rest[file.write(rest) :]
    file.close()
    assert [(tmp_path / name).read_bytes() for name in ("x.log.2", "x.log.1", "x.log")] == [
        b"before\n",
        b"L" * 50 + b"\n",
        b"after\n",
    ]


def test_a_line_of_unknown_length_is_marked_where_it_goes_on_in_the_next_file(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    file = rotating(path, backups=99, max_size=100)
    whole = "ä€𝄞x".encode() * 60
    for piece in (b"first\n", whole[:97], whole[97:205], whole[205:], b"\nlast\n"):
        rest = piece
        while rest:
            rest = rest[file.write(rest) :]
    file.close()
    names = sorted(os.listdir(tmp_path), key=lambda name: -int(name[6:] or 0))
    texts = [(tmp_path / name).read_bytes() for name in names]
    assert all(len(text) <= 100 and text.endswith(b"\n") for text in texts)
    assert all(text.endswith(b" [line goes on]\n") for text in texts[1:-1])
    assert b"".join(texts).replace(b" [line goes on]\n", b"") == b"first\n" + whole + b"\nlast\n"


def test_the_rest_of_a_line_stays_where_it_began_if_it_comes_in_time(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    file = rotating(path, backups=9, max_size=100)
    for piece in (b"L" * 50, b"L" * 20 + b"\n" + b"next" * 20 + b"\n"):
        rest = piece
        while rest:
            rest = rest[file.write(rest) :]
    file.close()
    assert (tmp_path / "x.log.1").read_bytes() == b"L" * 70 + b"\n"
    assert path.read_bytes() == b"next" * 20 + b"\n"


@pytest.mark.parametrize("old", [b"2020-11-24T12:00:00.250Z old\n", b"11/24/2020 12:00:00 p [7] old\n"])
def test_an_old_file_is_rotated_at_the_next_write(old: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    path.write_bytes(old)
    file = rotating(path, max_size=None, max_age=3600)
    file.write(b"new\n")
    file.write(b"newer\n")
    file.close()
    assert path.read_bytes() == b"new\nnewer\n"
    assert (tmp_path / "x.log.1").read_bytes() == old


def test_a_young_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
    path.write_text(f"{stamp} young\n")
    file = rotating(path, max_size=None, max_age=3600)
    file.write(b"next\n")
    file.close()
    assert path.read_text() == f"{stamp} young\nnext\n"


@pytest.mark.parametrize("how", ["removed", "renamed", "directory renamed", "directory removed"])
def test_f22_a_file_taken_away_is_made_again_and_says_so(tmp_path: Path, how: str) -> None:
    path = tmp_path / "d" / "x.log"
    file = rotating(path, max_size=None)
    file.write(b"before\n")
    if how == "removed":
        path.unlink()
    elif how == "renamed":
        path.rename(tmp_path / "d" / "y.log")
    elif how == "directory renamed":
        path.parent.rename(tmp_path / "e")
    else:
        path.unlink()
        path.parent.rmdir()
    file.write(b"after\n")
    file.close()
    assert path.read_text() == f"udaemon: {REMOVED}\nafter\n"


def test_a_file_cut_short_by_others_is_written_on(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    file = rotating(path)
    file.write(b"0123456789012345\n")
    os.truncate(path, 0)
    file.write(b"after that\n")
    file.close()
    assert os.listdir(tmp_path) == ["x.log"]
    assert path.read_bytes() == b"after that\n"


def symlink(path: Path) -> None:
    path.symlink_to(path.parent / "elsewhere")


def dangling_fifo(path: Path) -> None:
    os.mkfifo(path)


def directory(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize("make", [symlink, dangling_fifo, directory])
def test_f31_only_a_regular_file_is_opened(tmp_path: Path, make: Callable[[Path], None]) -> None:
    path = tmp_path / "x.log"
    make(path)
    with pytest.raises(NotAFileError):
        open_log(str(path))
    assert not (tmp_path / "elsewhere").exists()


def test_f31_a_fifo_with_a_reader_and_a_device_are_refused(tmp_path: Path) -> None:
    fifo = tmp_path / "x.log"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    for path in (str(fifo), "/dev/full"):
        with pytest.raises(NotAFileError):
            open_log(path)
    os.close(reader)


@pytest.mark.parametrize("step", ["drop the oldest", "shift 1", "shift 2", "set aside", "take the new one"])
@pytest.mark.parametrize("rotation", [1, 2, 3, 5])
@pytest.mark.parametrize("backups", [3, 4])
def test_f28_a_kill_at_any_step_loses_nothing_and_doubles_nothing(
    tmp_path: Path, step: str, rotation: int, backups: int
) -> None:
    path = tmp_path / "x.log"
    rotations = written = 0

    def kill(at: str) -> None:
        nonlocal rotations
        rotations += at == "drop the oldest"
        if rotations >= rotation and at == step:
            raise Killed

    file = rotating(path, hook=kill, backups=backups)
    with contextlib.suppress(Killed):
        while True:
            # The write under way counts: it is in the new file before the first rename.
            written += 1
            file.write(b"line %d....\n" % (written - 1))
    again = rotating(path, backups=backups)
    again.open()
    again.close()
    kept = min(written, backups + 1)
    assert history(path).splitlines() == [f"line {number}...." for number in range(written - kept, written)]
    assert not os.path.exists(new_name(str(path)))


def test_f28_a_killed_compression_leaves_the_plain_or_the_whole(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    for name, text in [("x.log", "c"), ("x.log.1", "b"), ("x.log.1.gz", "whole"), ("x.log.zip", "half")]:
        (tmp_path / name).write_text(text)
    recover(str(path), 2)
    assert sorted(os.listdir(tmp_path)) == ["x.log", "x.log.1.gz"]
