"""Names of rotated files: room for a new one is made up to the first gap, and what was left half done is done."""

from __future__ import annotations

from pathlib import Path

import pytest

from udaemon.logs.rotation import backup, make_room, recover, rotate


def put(directory: Path, *names: str) -> str:
    for name in names:
        (directory / name).write_text(name)
    return str(directory / "x.log")


def found(directory: Path) -> dict[str, str]:
    """Each file and under which name it was put there."""
    return {path.name: path.read_text() for path in sorted(directory.iterdir())}


@pytest.mark.parametrize(
    ("before", "backups", "after"),
    [
        ((), 3, {}),
        (("x.log.1",), 3, {"x.log.2": "x.log.1"}),
        (("x.log.1", "x.log.2", "x.log.3"), 3, {"x.log.2": "x.log.1", "x.log.3": "x.log.2"}),
        (("x.log.1", "x.log.3"), 3, {"x.log.2": "x.log.1", "x.log.3": "x.log.3"}),
        (("x.log.2",), 3, {"x.log.2": "x.log.2"}),
        (("x.log.1.gz", "x.log.2"), 3, {"x.log.2.gz": "x.log.1.gz", "x.log.3": "x.log.2"}),
        (("x.log.1", "x.log.2.gz"), 2, {"x.log.2": "x.log.1"}),
        (("x.log.1.gz", "x.log.2"), 2, {"x.log.2.gz": "x.log.1.gz"}),
        (("x.log.1",), 1, {}),
        (("x.log.1", "x.log.2", "x.log.7"), 2, {"x.log.2": "x.log.1", "x.log.7": "x.log.7"}),
    ],
)
def test_room_is_made_up_to_the_first_gap(
    tmp_path: Path, before: tuple[str, ...], backups: int, after: dict[str, str]
) -> None:
    make_room(put(tmp_path, *before), backups)
    assert found(tmp_path) == after


def test_a_rotation_sets_the_file_aside_and_takes_the_new_one(tmp_path: Path) -> None:
    path = put(tmp_path, "x.log", "x.log.1", "x.log.new")
    rotate(path, 2)
    assert found(tmp_path) == {"x.log": "x.log.new", "x.log.1": "x.log", "x.log.2": "x.log.1"}
    put(tmp_path, "x.log.new")
    rotate(path, 0)
    assert found(tmp_path)["x.log"] == "x.log.new"


@pytest.mark.parametrize("step", ["drop the oldest", "shift 2", "shift 1", "set aside", "take the new one"])
def test_f28_a_rotation_that_was_cut_short_is_ended(tmp_path: Path, step: str) -> None:
    path = put(tmp_path, "x.log", "x.log.1", "x.log.2", "x.log.3", "x.log.new")

    class Cut(Exception):
        pass

    def hook(at: str) -> None:
        if at == step:
            raise Cut

    with pytest.raises(Cut):
        rotate(path, 3, hook)
    recover(path, 3)
    assert found(tmp_path) == {"x.log": "x.log.new", "x.log.1": "x.log", "x.log.2": "x.log.1", "x.log.3": "x.log.2"}


def test_of_a_file_and_its_compression_the_whole_one_stays(tmp_path: Path) -> None:
    path = put(tmp_path, "x.log", "x.log.1", "x.log.1.gz", "x.log.zip")
    recover(path, 2)
    assert list(found(tmp_path)) == ["x.log", "x.log.1.gz"]
    assert backup(path, 1) == f"{path}.1.gz"
    assert backup(path, 2) is None


def test_a_link_in_the_place_of_the_new_file_never_becomes_the_log(tmp_path: Path) -> None:
    path = put(tmp_path, "x.log", "victim")
    (tmp_path / "x.log.new").symlink_to("victim")
    recover(path, 2)
    assert found(tmp_path)["x.log"] == "x.log"
