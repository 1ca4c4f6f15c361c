"""Which files are opened as a log, with which permissions, and what is refused without being waited for."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from udaemon.logs.open_file import NotAFileError, open_log, set_mode


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_log_is_made_and_appended_to(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    for line in (b"one\n", b"two\n"):
        fd = open_log(str(path))
        os.write(fd, line)
        os.close(fd)
    assert path.read_bytes() == b"one\ntwo\n"
    assert mode(path) == 0o640 & ~current_umask()


def current_umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


@pytest.mark.parametrize(("wanted", "directory"), [(0o600, 0o700), (0o640, 0o750), (0o644, 0o755)])
def test_who_may_read_a_log_may_find_it(tmp_path: Path, wanted: int, directory: int) -> None:
    path = tmp_path / "new" / "x.log"
    os.close(open_log(str(path), mode=wanted))
    assert (mode(path), mode(path.parent)) == (wanted, directory & ~current_umask())


def test_a_log_that_is_there_gets_its_permissions_too(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    path.touch(0o666)
    fd = open_log(str(path), mode=0o600)
    assert mode(path) == 0o600
    set_mode(fd, 0o604)
    os.close(fd)
    assert mode(path) == 0o604


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda path: path.symlink_to("/dev/null"), "a symbolic link, not a file"),
        (lambda path: path.mkdir(), "not a regular file"),
        (os.mkfifo, "not a regular file"),
    ],
)
def test_what_is_no_file_is_refused_at_once(tmp_path: Path, make: Callable[[Path], object], why: str) -> None:
    path = tmp_path / "x.log"
    make(path)
    with pytest.raises(NotAFileError) as caught:
        open_log(str(path))
    assert (caught.value.strerror, caught.value.filename) == (why, str(path))


def test_a_fifo_that_somebody_reads_is_refused_too(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(NotAFileError, match="not a regular file"):
        open_log(str(path))
    assert len(os.listdir("/proc/self/fd")) == before
    os.close(reader)


def test_further_flags_are_the_callers(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    path.touch()
    with pytest.raises(FileExistsError):
        open_log(str(path), os.O_EXCL)
