"""When a spare zygote is taken, and when it is sent away for one that is executed. Nothing is executed here."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Any, cast

import pytest

from udaemon.child.environment import callers
from udaemon.engines.commands import ExecFailed
from udaemon.engines.zygote.prefork import PreforkedZygote
from udaemon.engines.zygote.server import Setup
from udaemon.engines.zygote.start import Plan, Starter


class Spare:
    """A spare zygote, alive or not."""

    pid = 7

    def __init__(self, *, alive: bool = True) -> None:
        self.alive = alive
        self.ended = False

    def lives(self) -> bool:
        return self.alive

    def end(self) -> None:
        self.ended = True


@pytest.fixture(autouse=True)
def no_interpreter(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is executed cannot be."""
    monkeypatch.setattr(sys, "executable", "/no/such/python")


def plan(cwd: str = "/", env: Mapping[str, str] = MappingProxyType({})) -> Plan:
    return Plan(2, (0,), Setup({**callers(), **env}, cwd, (), ()))


@pytest.mark.parametrize(
    ("cwd", "env", "alive", "taken"),
    [
        ("/", {}, True, True),
        ("/", {"COLOUR": "red"}, True, True),
        ("/", {"PYTHONUTF8": "1"}, True, False),
        ("/", {"LD_PRELOAD": ""}, True, False),
        ("/no/such/directory", {}, True, True),  # it says so itself: to look would take as long as its file system
        ("/", {}, False, False),
    ],
    ids=["plain", "variable", "python", "linker", "directory", "dead"],
)
def test_a_spare_zygote_is_taken_where_it_can_be_what_is_wanted(
    cwd: str, env: Mapping[str, str], *, alive: bool, taken: bool
) -> None:
    spare = Spare(alive=alive)
    starter = Starter(cast("PreforkedZygote", spare))
    found: Any = None
    with suppress(ExecFailed):
        found = starter.start(plan(cwd, env))
    assert (found is spare, spare.ended, list(starter.pids)) == (taken, not taken, [])
    starter.close()
    assert spare.ended is not taken


@pytest.mark.parametrize(
    ("forks", "kept"), [(0, False), (1, True), (999, True), (1000, False)], ids=["none", "one", "many", "very many"]
)
def test_a_spare_zygote_is_for_all_but_very_many(forks: int, *, kept: bool) -> None:
    spare = Spare()
    starter = Starter(cast("PreforkedZygote", spare), forks=forks)
    assert (spare.ended, list(starter.pids)) == (not kept, [7] if kept else [])
    starter.close()


def test_for_very_many_one_is_executed_before_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    spare = Spare()
    starter = Starter(cast("PreforkedZygote", spare), forks=1000)
    [pid] = starter.pids
    taken = starter.start(plan())
    assert (spare.ended, taken.pid, list(starter.pids)) == (True, pid, [])
    taken.end()
    starter.close()


def test_the_second_zygote_is_executed() -> None:
    starter = Starter(cast("PreforkedZygote", Spare()))
    starter.start(plan())
    with pytest.raises(ExecFailed, match="/no/such/python"):
        starter.start(plan())
    starter.close()
