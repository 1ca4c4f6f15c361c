"""The process object: what crosses to the zygote, and what a child is prepared with before its fork."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Sequence
from functools import partial
from multiprocessing import process, util
from typing import Any

import pytest
from tests.fakes.zygote import FakeParent

from udaemon.engines.zygote.process import WAIT, ZygoteProcess, become_program, program_process


class Daemon:
    """A target that is a program of its own."""

    def __init__(self) -> None:
        self.seen: list[tuple[Sequence[int], dict[Any, Any]]] = []

    def __call__(self) -> None:
        raise AssertionError("it is prepared in place of being called")

    def prepare_before_fork(self, common: Sequence[int], shared: dict[Any, Any]) -> Any:
        self.seen.append((common, shared))
        return lambda: 42


@pytest.fixture(autouse=True)
def own_process() -> Iterator[None]:
    """What a child becomes is this process's own business afterwards."""
    module: Any = process
    former = module._current_process, module._parent_process
    yield
    module._current_process, module._parent_process = former


def test_its_parent_stays_behind_when_it_is_pickled() -> None:
    made = ZygoteProcess(FakeParent(), target=print, args=(1,), name="mailer")
    there = made.__getstate__()
    assert (there["_name"], there["_parent"], there["_popen"]) == ("mailer", None, None)


def test_it_is_pickled_for_a_start_and_for_nothing_else() -> None:
    made = ZygoteProcess(FakeParent(), target=print)
    with pytest.raises((TypeError, RuntimeError)):
        pickle.dumps(made)


class Early(Daemon):
    """One that settles itself."""

    begins_early = True
    settle: Any = None

    def prepare_before_fork(self, common: Sequence[int], shared: dict[Any, Any], settle: Any = None) -> Any:
        self.settle = settle
        return super().prepare_before_fork(common, shared)


@pytest.mark.parametrize(("target", "waited"), [(Daemon(), ["wait"]), (Early(), [])], ids=["plain", "early"])
def test_a_program_begins_once_it_has_the_parent_that_stays_unless_it_sees_to_that(
    target: Daemon, waited: list[str]
) -> None:
    calls: list[str] = []
    made = ZygoteProcess(FakeParent(), target=target, name="mailer/0")
    life: Any = made.prepare((9, 10), {WAIT: partial(calls.append, "wait")})()
    assert (calls, life()) == (waited, 42)


def test_what_cares_for_itself_after_a_fork_does_so_with_the_parent_that_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    module: Any = util
    monkeypatch.setattr(module, "_afterfork_registry", {1: print})
    monkeypatch.setattr(module, "_run_after_forkers", partial(calls.append, "hooks"))
    wait = partial(calls.append, "wait")
    early = Early()
    ZygoteProcess(FakeParent(), target=early).prepare((9, 10), {WAIT: wait})()
    early.settle()
    ZygoteProcess(FakeParent(), target=Daemon()).prepare((9, 10), {WAIT: wait})()
    ZygoteProcess(FakeParent(), target=early).prepare((9, 10), {})()
    early.settle()
    assert calls == ["wait", "hooks"] * 2 + ["hooks"]


def test_what_is_no_program_begins_once_it_has_the_parent_that_stays() -> None:
    calls: list[str] = []
    made = ZygoteProcess(FakeParent(), target=print)
    made.prepare((9, 10), {WAIT: partial(calls.append, "wait")})()
    assert calls == ["wait"]


def test_a_program_is_prepared_before_the_fork_and_becomes_the_main_process_in_it() -> None:
    target = Daemon()
    made = ZygoteProcess(FakeParent(), target=target, name="mailer/0")
    shared: dict[Any, Any] = {}
    made.prepare((9, 10), shared)
    [(common, given)] = target.seen
    assert (common, given is shared) == ((9, 10), True)
    parent = process.parent_process()
    assert parent is not None
    assert parent.sentinel == 9


def test_those_that_are_forked_together_share_what_they_prepare() -> None:
    target = Daemon()
    shared: dict[Any, Any] = {}
    for name in ("a", "b"):
        ZygoteProcess(FakeParent(), target=target, name=name).prepare((9,), shared)
    assert target.seen[0][1] is target.seen[1][1]


def test_a_plain_target_is_left_to_multiprocessing() -> None:
    made = ZygoteProcess(FakeParent(), target=print)
    life = made.prepare((9,), {})
    assert life.func == made._run  # type: ignore[attr-defined]


def test_the_main_process_of_a_program_has_a_key_of_its_own_and_no_children_yet() -> None:
    first, second = program_process("a"), program_process("b")
    assert (first.name, second.name) == ("a", "b")
    assert first.authkey != second.authkey or first.authkey is not second.authkey
    life = become_program(first, (b"a", b"", 0), lambda: 7, None)
    assert process.current_process() is first
    assert life() == 7
