"""A file is written as a whole or not at all, and nothing lies beside it afterwards."""

from __future__ import annotations

import os
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
