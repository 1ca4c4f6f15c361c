"""The imports of a zygote: in which order, where it pauses, and which modules leave it unfit for forking.

Each is tried in a copy of this process, as a module that was imported stays.
"""

from __future__ import annotations

import atexit
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from tests.fakes.fork import in_a_fork

from udaemon.engines.zygote import load
from udaemon.engines.zygote.load import Loader, Spoiled
from udaemon.engines.zygote.sharing import Library, Root

PLAIN = "x = 1\n"
UNFIT = {
    "raises": ("raise RuntimeError('no luck')\n", None),
    "exits": ("import sys\nsys.exit(3)\n", None),
    "forks": ("import os, signal\nif os.fork() == 0: signal.pause()\n", "it forked at import"),
    "thread": (
        "import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()\n",
        "it started a thread at import",
    ),
    "file": ("file = open('/dev/null')\n", "it left a file open at import"),
    "removes": (
        "import atexit, os\nopen('PLACE', 'w').close()\natexit.register(os.unlink, 'PLACE')\n",
        "at its exit it removes what it made at import: PLACE",
    ),
    "patches": ("import gevent\n", "it imports gevent, which patches the standard library"),
    "kept_out": ("import mine\n", "it imports mine, which is not shared"),
}
Load = Callable[..., list[object]]


class FakeSharing:
    """What each root imports, as a test says."""

    kept_out = frozenset({"mine"})

    def __init__(self, imports: Sequence[Sequence[str]], own: Sequence[str]) -> None:
        self._imports = imports
        self._own = own

    def imports(self, root: Root) -> list[Library]:
        return [Library(name) for name in self._imports[int(root.modules[0])]]

    def shared(self, _root: Root) -> list[str]:
        return [*self._own]


@pytest.fixture
def loads(tmp_path: Path) -> Load:
    """Load for these roots; the steps with what was said before each, and how it ended."""
    modules = {"mine": PLAIN, "gevent": PLAIN, **{name: text for name, (text, _) in UNFIT.items()}}
    modules |= dict.fromkeys(("a", "b", "c", "d"), PLAIN)
    for name, text in modules.items():
        (tmp_path / f"{name}.py").write_text(text.replace("PLACE", str(tmp_path / "made")))

    def loaded(*imports: Sequence[str], own: Sequence[str] = (), breath: float = 1000.0) -> list[object]:
        def act() -> list[object]:
            load._BREATH = breath
            atexit._clear()  # what pytest does at its end is not for a copy of it
            sys.path.insert(0, str(tmp_path))
            told: list[object] = []
            roots = [Root((str(number),)) for number in range(len(imports))]
            sharing = FakeSharing(imports, own)
            loader = Loader(sharing, roots, lambda module, users: told.append([module, users]))  # type: ignore[arg-type]
            try:
                told.extend([step.roots, step.failed] for step in loader.steps())
            except Spoiled as spoiled:
                told.append([spoiled.module, spoiled.why.replace(str(tmp_path / "made"), "PLACE")])
            return told

        found: list[object] = in_a_fork(act)
        return found

    return loaded


def test_without_pauses_all_is_one_step(loads: Load) -> None:
    assert loads(["a", "b"], own=["a", "b"]) == [["a", [0]], ["b", [0]], [[0], {}]]


def test_who_needs_least_is_first_and_what_is_there_is_not_imported_again(loads: Load) -> None:
    told = loads(["a", "b", "c"], ["b"], own=["a", "b", "c"])
    assert told == [["b", [0, 1]], ["a", [0]], ["c", [0]], [[1, 0], {}]]


def test_it_pauses_before_a_library_where_somebody_can_be_forked(loads: Load) -> None:
    assert loads(["a", "b"], ["a"]) == [["a", [0, 1]], [[1], {}], ["b", [0]], [[0], {}]]


def test_it_pauses_before_each_import_that_comes_late(loads: Load) -> None:
    told = loads(["a", "b"], own=["a", "b"], breath=-1.0)
    assert told == [[[], {}], ["a", [0]], [[], {}], ["b", [0]], [[0], {}]]


def test_what_was_loaded_already_is_not_told(loads: Load) -> None:
    assert loads(["json", "a"]) == [["a", [0]], [[0], {}]]


@pytest.mark.parametrize(
    ("name", "error"), [("raises", "RuntimeError: no luck"), ("exits", "SystemExit: 3"), ("nowhere", "No module named")]
)
def test_one_that_fails_is_told_and_the_others_are_imported(loads: Load, name: str, error: str) -> None:
    *_, [roots, failed] = loads([name, "a"], own=[name, "a"])  # type: ignore[misc]
    assert (roots, list(failed)) == ([0], [name])  # type: ignore[has-type]
    assert error in failed[name]  # type: ignore[has-type]


def test_one_that_fails_is_tried_once_for_all_that_need_it(loads: Load) -> None:
    told = loads(["raises", "a"], ["raises"], own=["raises", "a"])
    assert [word for word in told if word == ["raises", [0, 1]]] == [["raises", [0, 1]]]


@pytest.mark.parametrize("name", [name for name, (_, why) in UNFIT.items() if why is not None])
def test_one_that_leaves_the_process_unfit_is_named_with_the_reason(loads: Load, name: str, tmp_path: Path) -> None:
    assert loads(["a", name, "b"], own=["a", name, "b"])[-1] == [name, UNFIT[name][1]]
    assert not (tmp_path / "made").exists(), "what it has made was its own to remove"
