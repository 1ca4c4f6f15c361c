"""One rule for every path: `~/` is the home directory, all else starts at the manifest's directory."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest
from tests.unit.manifest.write import loaded, told

from udaemon.manifest.complete import state_log_dir
from udaemon.manifest.find import find
from udaemon.manifest.paths import absolute, at_home
from udaemon.manifest.read import load


@pytest.mark.parametrize(
    ("path", "whole"),
    [
        ("a", "/p/a"),
        ("./a", "/p/a"),
        ("../a", "/a"),
        ("/a", "/a"),
        ("~/a", "/h/a"),
        ("~", "/h"),
        ("~other/a", "/p/~other/a"),
        ("a~/b", "/p/a~/b"),
        ("~a", "/p/~a"),
    ],
)
def test_the_rule(path: str, whole: str) -> None:
    assert absolute(path, "/p", {"HOME": "/h"}) == whole


def test_without_the_variable_the_home_directory_is_that_of_the_user() -> None:
    assert at_home("~/a", {}) == pwd.getpwuid(os.getuid()).pw_dir + "/a"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    directory = tmp_path / "home"
    directory.mkdir()
    return directory


def test_every_key_that_is_a_path_takes_it(tmp_path: Path, home: Path) -> None:
    (home / "more.toml").write_text("[daemons.b]\nextends = 'a'\n")
    (home / "own.env").write_text("A=1\n")
    text = """
    run-dir = "~/run"
    include = ["~/more.toml", "~/conf.d/*.toml"]
    env-file = "~/own.env"
    [daemons.a]
    command = ["~/bin/serve", "~/argument"]
    cwd = "~/cwd"
    env-file = "~/own.env"
    log-dir = "~/log"
    common-log = "~/common.log"
    [daemons.p]
    php = { factory = "f", bootstrap = "~/boot.php", interpreter = ["~/php", "-q"] }
    sleep = 1
    """
    manifest = loaded(tmp_path, text, environ={"HOME": str(home)})
    a, p = manifest.daemons["a"], manifest.daemons["p"]
    assert set(manifest.daemons) == {"a", "b", "p"}
    assert manifest.run_dir == f"{home}/run"
    assert a.command == (f"{home}/bin/serve", "~/argument")
    assert (a.cwd, a.log_dir, a.common_log) == (f"{home}/cwd", f"{home}/log", f"{home}/common.log")
    assert a.env == {"A": "1"}
    assert (p.php.bootstrap, p.php.interpreter) == (f"{home}/boot.php", (f"{home}/php", "-q"))


def test_a_shell_expands_its_own(tmp_path: Path) -> None:
    manifest = loaded(tmp_path, "[daemons.a]\ncommand = '~/bin/serve'\nshell = true\n")
    assert manifest.daemons["a"].command == ("~/bin/serve",)


def test_the_command_line_and_the_variable_take_it_too(tmp_path: Path, home: Path) -> None:
    (home / "u.toml").write_text("[daemons.a]\ncommand = 'a'\n")
    assert find(["~/u.toml"], {"HOME": str(home)}, "/") == (f"{home}/u.toml",)
    assert find([], {"HOME": str(home), "UDAEMON_FILE": "~/u.toml:b"}, "/") == (f"{home}/u.toml", "/b")
    assert load(["~/u.toml"], environ={"HOME": str(home)}, cwd=str(tmp_path)).directory == str(home)


def include(folder: Path, pattern: str, files: list[str]) -> set[str]:
    """The names of the daemons that a pattern brings in; each of the files declares one."""
    for at, file in enumerate(files):
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(f"[daemons.d{at}]\ncommand = 'a'\n")
    return set(loaded(folder, f"include = '{pattern}'\n[daemons.own]\ncommand = 'a'\n").daemons) - {"own"}


@pytest.mark.parametrize(
    ("pattern", "files", "found"),
    [
        ("c/*.toml", ["c/a.toml", "c/b/c.toml"], {"d0"}),
        ("c/**/*.toml", ["c/a.toml", "c/b/c.toml", "c/b/d/e.toml"], {"d0", "d1", "d2"}),
        ("**/x.toml", ["x.toml", "c/x.toml", "c/b/x.toml"], {"d0", "d1", "d2"}),
        ("c/?.toml", ["c/a.toml", "c/bb.toml"], {"d0"}),
        ("c/[ab].toml", ["c/a.toml", "c/c.toml"], {"d0"}),
        ("c/*", ["c/a.toml", "c/b/c.toml"], {"d0"}),
        ("c/*.toml", ["c/a.toml", "c/.hidden.toml"], {"d0"}),
        ("c/.h*.toml", ["c/a.toml", "c/.hidden.toml"], {"d1"}),
        ("c/**/*.toml", ["c/a.toml", "c/.git/b.toml"], {"d0"}),
        ("./c/../c/*.toml", ["c/a.toml"], {"d0"}),
        ("none/*.toml", [], set()),
    ],
)
def test_patterns_are_those_of_pathlib(pattern: str, files: list[str], found: set[str], tmp_path: Path) -> None:
    assert include(tmp_path, pattern, files) == found


def test_a_directory_that_links_to_itself_is_looked_into_once(tmp_path: Path) -> None:
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "again").symlink_to(".")
    assert include(tmp_path, "c/**/*.toml", ["c/a.toml"]) == {"d0"}


def told_of(folder: Path, pattern: str) -> list[tuple[str, str | None, str, int | None]]:
    problems = told(folder, f"include = '{pattern}'\n[daemons.a]\ncommand = 'a'\n")
    return [(one.message, one.hint, os.path.basename(one.file or ""), one.line) for one in problems]


def test_what_is_wrong_with_a_pattern_is_told_at_it(tmp_path: Path) -> None:
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "broken.toml").symlink_to("gone.toml")
    place = ("udaemon.toml", 1)
    assert told_of(tmp_path, "conf.d") == [("conf.d is a directory", 'write "conf.d/*.toml"', *place)]
    assert told_of(tmp_path, "conf.d/") == [("conf.d/ is a directory", 'write "conf.d/*.toml"', *place)]
    assert told_of(tmp_path, "none.toml") == [("there is no file none.toml", None, *place)]
    assert told_of(tmp_path, "broken.toml") == [
        ("broken.toml is a link to gone.toml, which is not there", None, *place)
    ]
    assert told_of(tmp_path, "**.toml") == [("** stands alone between slashes", 'write "**/*.toml"', *place)]


def test_a_broken_link_among_those_that_a_pattern_fits_is_named(tmp_path: Path) -> None:
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "a.toml").write_text("[daemons.b]\ncommand = 'b'\n")
    (tmp_path / "c" / "broken.toml").symlink_to("../gone.toml")
    assert told_of(tmp_path, "c/*.toml") == [
        ("is a link to ../gone.toml, which is not there", None, "broken.toml", None)
    ]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may look into every directory")
def test_a_directory_that_cannot_be_looked_into_is_told(tmp_path: Path) -> None:
    (tmp_path / "c").mkdir(mode=0)
    ((message, *_),) = told_of(tmp_path, "c/*.toml")
    assert message == f"{tmp_path}/c cannot be looked into: Permission denied"


def test_without_a_home_the_state_goes_where_the_system_says_the_user_lives() -> None:
    """A systemd service has no HOME: its logs went to /.local."""
    lives = pwd.getpwuid(os.getuid()).pw_dir
    assert state_log_dir({}, "shop") == f"{lives}/.local/state/udaemon/shop/log"
