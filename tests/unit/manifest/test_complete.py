"""From what was written to what is meant, where no file is looked at: names, places, environments."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from udaemon.manifest.complete import Setting, by_hand, complete, project_name, state_dir, state_log_dir
from udaemon.manifest.env_file_names import EnvFileName
from udaemon.manifest.merge import with_levels
from udaemon.manifest.model import Manifest, Php
from udaemon.manifest.problems import Path
from udaemon.manifest.references import NAME
from udaemon.manifest.structure import structure

HOME = {"HOME": "/home/me", "XDG_STATE_HOME": "/state"}


def completed(top: dict[str, object], files: dict[str, dict[str, str | None]] | None = None) -> Manifest:
    asked: list[Path] = []

    def env_file(file: EnvFileName, path: Path) -> dict[str, str | None]:
        asked.append(path)
        return (files or {})[file.path]

    root, wrong = structure(with_levels(top))
    assert wrong == []
    setting = Setting(file="/srv/shop/udaemon.toml", directory="/srv/shop", environ={**HOME, "CALLERS": "c"})
    return complete(root, top, setting, env_file)


def daemon(**keys: object) -> dict[str, object]:
    return {"daemons": {"a": {"command": "a", **keys}}}


@given(st.text(max_size=100))
def test_every_directory_gives_a_name(directory: str) -> None:
    NAME.parse(project_name(directory))


@pytest.mark.parametrize(
    ("directory", "name"), [("/srv/My Shop", "my-shop"), ("/_x", "x"), ("/", "project"), ("/ä", "project")]
)
def test_a_project_is_named_for_its_directory(directory: str, name: str) -> None:
    assert project_name(directory) == name


@pytest.mark.parametrize(
    ("environ", "place"),
    [
        ({"XDG_STATE_HOME": "/state"}, "/state/udaemon/shop"),
        ({"XDG_STATE_HOME": "relative", "HOME": "/h"}, "/h/.local/state/udaemon/shop"),
        ({"HOME": "/h"}, "/h/.local/state/udaemon/shop"),
    ],
)
def test_what_lasts_lies_where_xdg_says(environ: dict[str, str], place: str) -> None:
    assert state_dir(environ, "shop") == place
    assert state_log_dir(environ, "shop") == f"{place}/log"


def test_paths_start_at_the_manifest_and_logs_where_it_says_or_in_the_state() -> None:
    one = completed(daemon(cwd="work", stdin="~/in")).daemons["a"]
    assert (one.cwd, one.stdin) == ("/srv/shop/work", "/home/me/in")
    assert (one.log_dir, one.common_log) == ("/state/udaemon/shop/log", "/state/udaemon/shop/log/_common.log")
    own = completed({"defaults": {"log-dir": "logs"}, **daemon()}).daemons["a"]
    assert (own.log_dir, own.common_log) == ("/srv/shop/logs", "/srv/shop/logs/_common.log")


def test_a_program_may_stand_in_the_home_directory_and_a_shells_text_is_left_whole() -> None:
    assert completed(daemon(command="~/bin/a -x")).daemons["a"].command == ("/home/me/bin/a", "-x")
    assert completed(daemon(command="~/bin/a | b", shell=True)).daemons["a"].command == ("~/bin/a | b",)


def test_an_environment_is_laid_over_the_one_below_it_level_by_level() -> None:
    files: dict[str, dict[str, str | None]] = {
        "/srv/shop/top": {"A": "top file", "B": "top file"},
        "/srv/shop/own": {"C": "own file", "D": "own file", "CALLERS": None, "GONE": None},
    }
    top = {"env-file": "top", "env": {"B": "top"}, "defaults": {"env": {"C": "defaults"}}}
    env = completed({**top, **daemon(**{"env-file": "own", "env": {"D": "own"}})}, files).daemons["a"].env
    assert env == {"A": "top file", "B": "top", "C": "own file", "D": "own", "CALLERS": "c"}


def test_a_whole_daemon_of_php_is_started_as_by_hand() -> None:
    assert by_hand(Php(interpreter=("php", "-q"), entry="/a.php", id="mail")) == ("php", "-q", "/a.php", "--id", "mail")
    one = completed({"daemons": {"mail": {"php": {"entry": "bin/d.php", "id": "m", "interpreter": ["./php"]}}}})
    assert one.daemons["mail"].command == ("/srv/shop/php", "/srv/shop/bin/d.php", "--id", "m")
