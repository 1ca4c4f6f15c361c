"""What a daemon's process is prepared with before its fork: its own descriptors, and what all of a batch have once.

What it then does is in tests/process/test_child.py; each of these is done in a copy of this process, which it changes.
"""

from __future__ import annotations

import os
import socket
from functools import partial
from multiprocessing import process
from pathlib import Path
from typing import Any

import pytest
from tests.fakes.fork import in_a_fork

from udaemon.child import warm_up as rounds
from udaemon.child.bootstrap import BatchSetup
from udaemon.child.process import child_main
from udaemon.child.scoreboard import Scoreboard
from udaemon.engines import daemon as module
from udaemon.engines.child_spec import spec_of
from udaemon.engines.daemon import DaemonMain, prepare_batch, warm_up
from udaemon.engines.zygote.pickling import Descriptor
from udaemon.manifest.model import Daemon, Manifest

MANIFEST = Manifest(file="/m/udaemon.toml", directory="/m", project="shop", daemons={})


def main(name: str = "mailer", *, errors: int | None = None) -> DaemonMain:
    spec = spec_of(MANIFEST, Daemon(name=name, factory="jobs:create", cwd="/"), 1, slot=1)
    output, lock = Descriptor(11), Descriptor(12)
    events = Descriptor(socket.socketpair()[1].detach())
    return DaemonMain(spec, output, lock, events, None if errors is None else Descriptor(errors))


@pytest.fixture
def common(tmp_path: Path) -> tuple[int, int]:
    """A pipe that ends with us, and the scoreboard."""
    board = Scoreboard.create(str(tmp_path / "board"), 2)
    return os.open(os.devnull, os.O_RDONLY), board.fd


@pytest.mark.parametrize("errors", [None, 14])
def test_it_has_its_own_descriptors_and_those_of_all(common: tuple[int, int], errors: int | None) -> None:
    def act() -> object:
        life: Any = main(errors=errors).prepare_before_fork(common, {})
        (setup,) = life.args
        spent, watched = sorted(setup.spent), setup.shared.lifeline.fd
        return [life.func is child_main, setup.output, setup.errors, spent, watched, setup.spec.slot]

    spent = sorted({11, errors or 11, common[1]})  # it closes its lock never, and keeps what it reports by
    assert in_a_fork(act) == [True, 11, errors or 11, spent, common[0], 1]


def test_those_of_a_batch_are_prepared_once_and_have_the_marks_of_the_first(common: tuple[int, int]) -> None:
    def act() -> object:
        shared: dict[Any, Any] = {}
        lives: list[Any] = [main(name).prepare_before_fork(common, shared) for name in ("first", "second")]
        setups = [life.args[0] for life in lives]
        marked = os.environ["UDAEMON_NAME"]
        for change in setups[1].first:
            change()
        return [setups[0].shared is setups[1].shared, marked, os.environ["UDAEMON_NAME"]]

    assert in_a_fork(act) == [True, "first", "second"]


def test_what_was_prepared_before_it_was_known_who_they_are_is_what_they_get(common: tuple[int, int]) -> None:
    def act() -> object:
        shared: dict[Any, Any] = {}
        prepare_batch(common, shared)
        before = "UDAEMON_NAME" in os.environ
        life: Any = main().prepare_before_fork(common, shared)
        return [before, life.args[0].shared is shared[BatchSetup], os.environ["UDAEMON_NAME"]]

    assert in_a_fork(act) == [False, True, "mailer"]


def test_a_daemon_settles_last_of_all_before_code_of_the_users(common: tuple[int, int]) -> None:
    def act() -> object:
        calls: list[str] = []
        target = main()
        target = target._replace(spec=target.spec._replace(preload=("no_such_module",)))
        life: Any = target.prepare_before_fork(common, {}, partial(calls.append, "settle"))
        *ours, settle, preload = life.args[0].first
        for change in ours:
            change()
        before = list(calls)
        settle()
        return [target.begins_early, before, calls, preload.args]

    assert in_a_fork(act) == [True, [], ["settle"], ["no_such_module"]]


def test_a_process_is_warmed_up_once_and_again_where_more_was_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    counts: list[int] = []
    names: list[str] = []

    def warmed(become: Any, count: int = 0) -> None:
        counts.append(count)
        become()
        names.append(process.current_process().name)

    monkeypatch.setattr(rounds, "warm_up", warmed)
    monkeypatch.setattr(module, "_is_warm", False)
    before = process.current_process()
    for again in (False, False, True, False, True):
        warm_up(again=again)
    assert (counts, set(names)) == ([1, rounds.ROUNDS, 2, 2], {"zygote"})
    assert process.current_process() is before


def test_a_warm_up_that_fails_leaves_no_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(become: Any, _count: int = 0) -> None:
        become()
        raise MemoryError

    monkeypatch.setattr(rounds, "warm_up", fail)
    monkeypatch.setattr(module, "_is_warm", False)
    before = process.current_process()
    with pytest.raises(MemoryError):
        warm_up()
    assert process.current_process() is before
    assert not module._is_warm
