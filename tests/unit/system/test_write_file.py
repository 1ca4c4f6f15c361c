"""A file is written as a whole or not at all, and nothing lies beside it afterwards."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from udaemon.errors import UdaemonError
from udaemon.system.write_file import write_file


@pytest.mark.parametrize("over", [True, False])
def test_a_new_file_is_there_as_a_whole(tmp_path: Path, over: bool) -> None:
    path = tmp_path / "x.toml"

    write_file(str(path), "text = 'ü'\n", over=over)

    assert path.read_text(encoding="utf-8") == "text = 'ü'\n"
    assert path.stat().st_mode & 0o777 == 0o644
    assert os.listdir(tmp_path) == ["x.toml"]


def test_another_is_written_over_where_that_is_wanted(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text("old")

    with pytest.raises(FileExistsError):
        write_file(str(path), "new", over=False)
    assert path.read_text() == "old"
    write_file(str(path), "new", over=True)

    assert path.read_text() == "new"
    assert os.listdir(tmp_path) == ["x.toml"]


def test_what_cannot_be_put_in_place_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()

    with pytest.raises(UdaemonError, match="x cannot be written: Is a directory"):
        write_file(str(tmp_path / "x"), "new", over=True)
    with pytest.raises(UdaemonError, match="cannot be written: No such file or directory"):
        write_file(str(tmp_path / "none" / "x"), "new", over=True)

    assert os.listdir(tmp_path) == ["x"]


@pytest.mark.parametrize("over", [True, False])
def test_what_the_disk_has_no_room_for_takes_the_place_of_nothing(tmp_path: Path, *, over: bool) -> None:
    """A short text is in a buffer until the file is closed: only then the kernel says no."""
    path = tmp_path / "udaemon.toml"
    if over:
        path.write_text("old")
    program = (
        "import resource, signal, sys\n"
        "from udaemon.system.write_file import write_file\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n"
        f"write_file({str(path)!r}, 'new' * 1000, over={over})\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert f"UdaemonError: {path} cannot be written: File too large" in done.stderr
    assert [(one.name, one.read_text()) for one in tmp_path.iterdir()] == ([("udaemon.toml", "old")] if over else [])


def test_what_is_no_regular_file_is_written_to_and_stays(tmp_path: Path) -> None:
    """As root it put a file in the place of /dev/null."""
    pipe, link = tmp_path / "pipe", tmp_path / "link"
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    read = os.open(pipe, os.O_RDWR)
    try:
        for path, over in ((pipe, True), (link, True), (pipe, False)):
            write_file(str(path), "text", over=over)
            assert os.read(read, 100) == b"text"
    finally:
        os.close(read)
    assert (pipe.is_fifo(), link.is_symlink(), len(list(tmp_path.iterdir()))) == (True, True, 2)


def test_f59_a_full_device_is_told(tmp_path: Path) -> None:
    full = tmp_path / "full"
    full.symlink_to("/dev/full")
    with pytest.raises(UdaemonError, match="full cannot be written: No space left on device"):
        write_file(str(full), "text", over=True)
