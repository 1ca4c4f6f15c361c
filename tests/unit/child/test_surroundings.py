"""What a daemon's process has to call for its surroundings, and that it calls nothing for what is so already."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from udaemon.child.forms import Misconfigured
from udaemon.child.identity import Identity
from udaemon.child.spec import ChildSpec
from udaemon.child.surroundings import Surroundings, changes, take_on

SPEC = ChildSpec("mailer", 0, 1, "shop", "", "m:f", {}, {}, "/", 0o22, 1.0, 0.0, "/")


@pytest.fixture(autouse=True)
def _as_it_was(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(os, "environ", os.environ.copy())
    cwd, mask = os.getcwd(), os.umask(0o77)
    yield
    os.chdir(cwd)
    os.umask(mask)


def mask() -> int:
    found = os.umask(0)
    os.umask(found)
    return found


def named(calls: Iterator[Callable[[], object]]) -> list[str]:
    return [call.func.__name__.strip("_") for call in calls]  # type: ignore[attr-defined]


def carry_out(calls: Iterator[Callable[[], object]]) -> None:
    for call in calls:
        call()


def test_a_process_takes_on_what_the_manifest_says(tmp_path: Path) -> None:
    spec = SPEC._replace(env={"A": "1"}, cwd=str(tmp_path), umask=0o27)
    carry_out(changes(spec, {"B": "2"}, Surroundings({})))
    assert (os.environ["A"], os.environ["B"], os.getcwd(), mask()) == ("1", "2", str(tmp_path), 0o27)


def test_what_is_so_already_is_not_done_again() -> None:
    spec = SPEC._replace(env={"A": "1"})
    assert named(changes(spec, {"B": "2"}, Surroundings({"A": "1", "B": "2"}, 0o22))) == ["enter"]
    assert named(changes(spec, {"B": "2"}, Surroundings({"A": "1", "B": "3"}, 0o22))) == ["set", "enter"]
    assert named(changes(spec, {"B": "2"}, Surroundings({"A": "1", "B": "2"}, 0o77))) == ["umask", "enter"]


def test_what_the_first_of_a_batch_is_given_the_others_need_not_do() -> None:
    before = take_on(SPEC, {"B": "2"})
    assert named(changes(SPEC, {"B": "2"}, before)) == ["enter"]
    assert named(changes(SPEC._replace(umask=0o77), {"B": "3"}, before)) == ["umask", "set", "enter"]


def test_the_directory_is_entered_after_the_user_has_changed() -> None:
    spec = SPEC._replace(identity=Identity(nice=1), rlimit_nofile=(10, 10), env_inherit=False)
    assert named(changes(spec, {}, Surroundings({}))) == ["umask", "disinherit", "setrlimit", "become", "enter"]


def test_a_directory_that_is_not_there_is_the_operators_mistake(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"cwd .*gone"):
        carry_out(changes(SPEC._replace(cwd=str(tmp_path / "gone")), {}, Surroundings({})))
