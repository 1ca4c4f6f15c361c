"""Files that somebody named: an ordinary one is read, whatever else lies there is told and never waited for."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from udaemon.manifest.regular import LARGEST, Refused, checked_size, read_regular


def refused(path: Path | str) -> tuple[str, str, str | None]:
    with pytest.raises(Refused) as caught:
        read_regular(str(path))
    return caught.value.code, caught.value.message, caught.value.hint


def test_an_ordinary_file_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"\xff" * 100_000)
    assert read_regular(str(path)) == b"\xff" * 100_000


def test_what_is_not_there_or_nobodys_to_read_is_told(tmp_path: Path) -> None:
    assert refused(tmp_path / "x") == ("unreadable", "cannot be read: No such file or directory", None)
    (tmp_path / "link").symlink_to("nowhere")
    assert refused(tmp_path / "link") == ("unreadable", "is a link to nowhere, which is not there", None)
    (tmp_path / "round").symlink_to("round")
    assert refused(tmp_path / "round")[0] == "unreadable"


def test_what_is_no_ordinary_file_is_named_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))
        assert refused(tmp_path / "fifo") == ("unreadable", "is no regular file", "it is a named pipe")
        assert refused(tmp_path) == ("unreadable", "is no regular file", "it is a directory")
        assert refused(os.devnull) == ("unreadable", "is no regular file", "it is a device")
        assert refused(tmp_path / "socket")[0] == "unreadable"


def test_one_that_is_too_large_is_refused_before_it_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "x"
    with path.open("wb") as file:
        file.truncate(LARGEST + 1)
    assert refused(path)[:2] == ("too-big", "is larger than 4 MiB")
    assert checked_size(bytes(LARGEST)) == bytes(LARGEST)


@pytest.mark.skipif(os.geteuid() != 0, reason="what only root must not read")
@pytest.mark.parametrize(("mode", "directory", "code"), [(0o666, 0o755, "unsafe"), (0o644, 0o777, "unsafe")])
def test_root_reads_nothing_that_others_may_write(tmp_path: Path, mode: int, directory: int, code: str) -> None:
    place = tmp_path / "place"
    place.mkdir()
    path = place / "x"
    path.write_text("x")
    path.chmod(mode)
    place.chmod(directory)
    assert refused(path)[0] == code
