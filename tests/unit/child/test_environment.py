"""What a daemon finds in its environment, and how our interpreters are called."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from udaemon.child.environment import (
    MARKS,
    apply_environment,
    callers,
    interpreter,
    is_basic,
    read_at_startup,
    search_path,
    surroundings,
)


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    for name in (*os.environ, "PYTEST_CURRENT_TEST"):
        monkeypatch.delenv(name, raising=False)
    path = list(sys.path)
    yield monkeypatch
    sys.path[:] = path


def test_what_is_the_shells_or_a_service_managers_is_no_daemons(own: pytest.MonkeyPatch) -> None:
    for name in ("SHLVL", "OLDPWD", "_", "PWD", "NOTIFY_SOCKET", "WATCHDOG_USEC", "LISTEN_FDS", *MARKS):
        own.setenv(name, "x")
    own.setenv("MINE", "1")
    own.delenv("PYTEST_CURRENT_TEST")
    assert surroundings({"ADDED": "2"}, "/srv") == {"MINE": "1", "ADDED": "2", "PWD": "/srv"}


def test_what_the_manifest_says_wins_over_everything(own: pytest.MonkeyPatch) -> None:
    own.setenv("A", "callers")
    own.delenv("PYTEST_CURRENT_TEST")
    added = {"A": "manifests", "PWD": "/other", "NOTIFY_SOCKET": "/s"}
    assert surroundings(added, "/srv") == added


def test_without_inheritance_only_what_every_program_needs_is_kept(own: pytest.MonkeyPatch) -> None:
    for name in ("PATH", "HOME", "LC_MESSAGES", "TZ", "SECRET", "LD_PRELOAD", "PYTHONPATH"):
        own.setenv(name, "x")
    kept = surroundings({"ADDED": "2"}, "/srv", inherit=False)
    assert kept.keys() == {"PATH", "HOME", "LC_MESSAGES", "TZ", "ADDED", "PWD"}
    assert [is_basic(name) for name in ("LC_ALL", "LANG", "LANGUAGE", "SECRET")] == [True, True, False, False]


def test_a_locale_that_python_chose_for_itself_is_none_that_the_user_set(own: pytest.MonkeyPatch) -> None:
    own.setenv("LC_CTYPE", "de_DE.UTF-8")
    assert callers()["LC_CTYPE"] == "de_DE.UTF-8"


@pytest.mark.parametrize(
    ("name", "at_startup"),
    [("PYTHONHASHSEED", True), ("LD_PRELOAD", True), ("MALLOC_ARENA_MAX", True), ("LANG", True), ("DATABASE", False)],
)
def test_what_only_a_new_program_can_take_up(name: str, *, at_startup: bool) -> None:
    assert read_at_startup(name) is at_startup


def test_a_search_path_begins_at_the_directory() -> None:
    assert search_path({"PYTHONPATH": "lib::/abs/../x:./a"}, "/srv") == ["/srv/lib", "/x", "/srv/a"]
    assert search_path({}, "/srv") == []


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_no_search_path_is_relative(text: str) -> None:
    assert all(os.path.isabs(entry) for entry in search_path({"PYTHONPATH": text}, "/srv"))


def test_a_process_that_runs_takes_up_an_environment_as_if_started_with_it(
    own: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    own.setenv("GOES", "1")
    own.setenv("PYTHONPATH", "/was/there")
    sys.path.insert(0, "/was/there")
    apply_environment({"COMES": "2", "PYTHONPATH": "lib:/was/there"}, str(tmp_path))
    assert dict(os.environ) == {"COMES": "2", "PYTHONPATH": "lib:/was/there"}
    assert sys.path[0] == str(tmp_path / "lib")
    assert sys.path.count("/was/there") == 1


def test_an_interpreter_is_called_with_the_options_of_this_one() -> None:
    called = interpreter()
    assert called[0] == sys.executable
    for option in sys.warnoptions:
        assert f"-W{option}" in called


def test_another_locale_is_read_as_utf_8_all_the_same() -> None:
    other = {**callers(), "LC_ALL": "de_DE.ISO-8859-1"}
    assert interpreter(other)[-2:] == ("-X", "utf8")
