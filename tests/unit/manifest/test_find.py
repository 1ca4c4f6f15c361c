"""Which file is the manifest."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from udaemon.errors import UdaemonError
from udaemon.manifest.find import find


def test_it_is_looked_for_in_the_working_directory_and_its_parents(tmp_path: Path) -> None:
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    (tmp_path / "udaemon.yml").touch()
    assert find((), {}, str(below)) == (str(tmp_path / "udaemon.yml"),)


def test_the_nearest_one_wins(tmp_path: Path) -> None:
    below = tmp_path / "a"
    below.mkdir()
    (tmp_path / "udaemon.toml").touch()
    (below / "udaemon.yaml").touch()
    assert find((), {}, str(below)) == (str(below / "udaemon.yaml"),)


def test_two_in_one_directory_are_an_error_that_names_both(tmp_path: Path) -> None:
    (tmp_path / "udaemon.toml").touch()
    (tmp_path / "udaemon.yaml").touch()
    with pytest.raises(UdaemonError, match=r"udaemon\.toml and udaemon\.yaml") as caught:
        find((), {}, str(tmp_path))
    assert caught.value.exit_code == 2


def test_none_at_all_says_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(UdaemonError, match=r"no udaemon\.toml, udaemon\.yaml or udaemon\.yml"):
        find((), {}, str(tmp_path))


def test_a_named_file_wins_over_the_environment_and_that_over_the_search(tmp_path: Path) -> None:
    (tmp_path / "udaemon.toml").touch()
    environ = {"UDAEMON_FILE": "other.toml"}
    assert find((), environ, str(tmp_path)) == (str(tmp_path / "other.toml"),)
    assert find(("a.yaml", "-"), environ, str(tmp_path)) == (str(tmp_path / "a.yaml"), "-")


def test_it_imports_next_to_nothing() -> None:
    script = (
        "import sys; before = set(sys.modules); import udaemon.manifest.find; print(*sorted(set(sys.modules) - before))"
    )
    new = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert [name for name in new if name.startswith(("attr", "yaml", "cattrs", "tomli", "tomllib", "click"))] == []
