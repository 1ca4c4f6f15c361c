"""The files that a pattern means: in their order, without what nobody meant."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from udaemon.manifest.included import MOST, NotIncluded, files_of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.toml", "a.toml", ".hidden.toml", "x.yaml", "deep/c.toml", "deep/.git/d.toml", ".h/e.toml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "dir.toml").mkdir()
    return tmp_path


def found(folder: Path, pattern: str) -> list[str]:
    return [os.path.relpath(file, folder) for file in files_of(pattern, str(folder / pattern))]


@pytest.mark.parametrize(
    ("pattern", "files"),
    [
        ("a.toml", ["a.toml"]),
        ("*.toml", ["a.toml", "b.toml"]),
        ("**/*.toml", ["a.toml", "b.toml", "deep/c.toml"]),
        ("[ab].toml", ["a.toml", "b.toml"]),
        (".*.toml", [".hidden.toml"]),
        ("?.yaml", ["x.yaml"]),
        ("*.json", []),
        ("nowhere/*.toml", []),
        ("x" * 300 + "*", []),
    ],
)
def test_a_pattern_means_files_in_the_order_of_their_names(folder: Path, pattern: str, files: list[str]) -> None:
    assert found(folder, pattern) == files


@pytest.mark.parametrize(
    ("pattern", "message", "hint"),
    [
        ("deep/", "deep/ is a directory", 'write "deep/*.toml"'),
        ("none.toml", "there is no file none.toml", None),
        ("**.toml", "** stands alone between slashes", 'write "**/*.toml"'),
    ],
)
def test_what_means_nothing_is_told(folder: Path, pattern: str, message: str, hint: str | None) -> None:
    with pytest.raises(NotIncluded) as caught:
        found(folder, pattern)
    assert (str(caught.value), caught.value.hint) == (message, hint)


def test_a_link_that_leads_nowhere_is_named_and_in_a_pattern_left_to_who_opens_it(folder: Path) -> None:
    (folder / "gone.toml").symlink_to("nowhere")
    with pytest.raises(NotIncluded, match="is a link to nowhere, which is not there"):
        found(folder, "gone.toml")
    assert "gone.toml" in found(folder, "*.toml")


def test_of_endless_files_some_more_than_are_allowed_are_given(tmp_path: Path) -> None:
    for number in range(MOST + 20):
        (tmp_path / f"{number}.toml").touch()
    assert len(found(tmp_path, "*.toml")) == MOST + 1
