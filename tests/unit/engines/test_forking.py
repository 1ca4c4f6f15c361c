"""What is asked of zygotes for instances: one process an answer, and no descriptor left where there is none."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from typing import cast

import pytest
from attrs import evolve
from tests.fakes.kernel import FakeReactor
from tests.fakes.zygote import FakeStarter, Zygotes

from udaemon.child.lifeline import Lifeline
from udaemon.engines.base import CANCELLED
from udaemon.engines.forking import ForkQueue
from udaemon.engines.local_request import LocalRequest
from udaemon.engines.process import ManagedProcess
from udaemon.engines.zygote.pool import ZygotePool
from udaemon.engines.zygote.protocol import Timeouts
from udaemon.engines.zygote.start import Starter
from udaemon.manifest.model import Daemon, Manifest
from udaemon.policy.instance import Key
from udaemon.policy.plan import StartPlan, plans

MAILER = Daemon(name="mailer", factory="jobs.mail:create", instances=3)
OTHER = Daemon(name="other", factory="jobs.other:create", env={"X": "1"}, instances=2)
BOARD = 9


def planned(*daemons: Daemon) -> dict[str, StartPlan]:
    named = {daemon.name: daemon for daemon in daemons}
    return plans(Manifest(file="/m/udaemon.toml", directory="/m", project="shop", daemons=named))


PLANS = planned(MAILER, OTHER)


class World:
    """`refused` and `born` are what was told, and refusals let go of their descriptors as the engine does."""

    def __init__(self) -> None:
        self.reactor = FakeReactor()
        self.zygotes = Zygotes()
        self.born: list[tuple[ManagedProcess, LocalRequest]] = []
        self.refused: list[tuple[Key, str]] = []
        self.strangers: set[int] = set()
        self.notices: list[str] = []
        self.births = ForkQueue(
            self.reactor,
            zygotes=lambda parent: ZygotePool(
                self.zygotes.connect,
                parent,
                Timeouts(),
                starter=cast("Starter", FakeStarter()),
                lifeline=Lifeline(8),
                output=2,
            ),
            board=BOARD,
            nofile=(1024, 4096),
            strangers=lambda: self.strangers,
            knows=lambda _pid: False,
            on_forked=lambda managed, request: self.born.append((managed, request)),
            on_refused=self._refuse,
            on_notice=self.notices.append,
        )

    def _refuse(self, request: LocalRequest, why: str) -> None:
        request.close()
        self.refused.append((request.key, why))

    def request(self, index: int = 0, daemon: Daemon = MAILER, plan: StartPlan | None = None) -> LocalRequest:
        lock, output = (os.open(os.devnull, os.O_RDWR) for _ in range(2))
        key = Key(daemon.name, index)
        plan = plan or PLANS[daemon.name]
        return LocalRequest(key=key, daemon=daemon, plan=plan, board=BOARD, slot=index, lock=lock, output=output)

    def ask(self, *requests: LocalRequest) -> None:
        """Ask for these, of zygotes that have imported everything."""
        self.births.ask(requests)
        for zygote in self.zygotes.all:
            if not zygote.asked:
                zygote.says({"ready": True, "failed": {}})


@pytest.fixture
def world() -> Iterator[World]:
    before = len(os.listdir("/proc/self/fd"))
    world = World()
    yield world
    world.births.close()
    assert len(os.listdir("/proc/self/fd")) == before


def test_those_of_a_turn_are_one_batch_of_each_zygote(world: World) -> None:
    world.ask(world.request(0), world.request(0, OTHER), world.request(1))
    assert [len(zygote.asked[0]) for zygote in world.zygotes.all] == [2, 1]
    assert world.births.busy


def test_a_request_goes_by_its_own_plan_not_by_that_of_the_start_before(world: World) -> None:
    """The engine holds no manifest: another one comes with the requests."""
    world.ask(world.request(0))
    world.zygotes.last.says({"forked": [[0, errno.EAGAIN]]})
    changed = evolve(MAILER, factory="jobs.new:create")
    world.ask(world.request(0, changed, planned(changed)["mailer"]))
    modules = [zygote.plan.setup.roots[0].modules for zygote in world.zygotes.all]
    assert modules == [("jobs.mail",), ("jobs.new",)]
    assert world.zygotes.all[0].killed, "nobody needs it any more"


def test_a_refusal_of_the_system_is_told_with_its_error(world: World) -> None:
    world.ask(world.request(0), world.request(1))
    world.zygotes.last.says({"forked": [[0, errno.EAGAIN], [0, errno.ENOMEM]]})
    assert world.refused == [
        (Key("mailer", 0), "fork: Resource temporarily unavailable"),
        (Key("mailer", 1), "fork: Cannot allocate memory"),
    ]
    assert not world.births.busy


def test_one_that_waits_is_called_off_and_one_that_was_asked_for_is_not(world: World) -> None:
    world.ask(world.request(0))
    world.births.ask([world.request(1)])
    world.births.cancel(Key("mailer", 1))
    world.births.cancel(Key("mailer", 0))
    assert world.refused == [(Key("mailer", 1), CANCELLED)]


def test_of_a_batch_whose_zygote_died_nobody_is_told_before_they_were_looked_for(world: World) -> None:
    world.ask(world.request(0), world.request(1))
    world.zygotes.last.ends(signal=9)
    assert [key for key, _ in world.refused] == [Key("mailer", 0), Key("mailer", 1)], "there are no strangers"
    assert "ended (signal 9)" in world.refused[0][1]
    assert len(world.notices) == 1


def test_what_has_no_factory_costs_the_others_nothing(world: World) -> None:
    """faults.md F6: it is that daemon's alone."""
    broken = Daemon(name="mailer", command=("x",))
    world.ask(world.request(0, broken, PLANS["mailer"]), world.request(1))
    assert [(key, "has no task" in why) for key, why in world.refused] == [(Key("mailer", 0), True)]
    assert len(world.zygotes.last.asked[0]) == 1


def test_a_zygote_is_ready_before_the_first_who_needs_it(world: World) -> None:
    command = Daemon(name="command", command=("x",))
    world.births.expect([(command, PLANS["mailer"]), (MAILER, PLANS["mailer"]), (MAILER, PLANS["mailer"])])
    assert len(world.zygotes.all) == 1
    world.births.expect([(command, PLANS["other"])])
    assert len(world.zygotes.all) == 1


def test_one_that_is_declared_otherwise_has_its_next_zygote_ready_and_leaves_the_old_one(world: World) -> None:
    world.ask(world.request(0))
    world.zygotes.last.says({"forked": [[0, errno.EAGAIN]]})
    changed = evolve(MAILER, preload=("json",))
    world.births.reconfigure(Key("mailer", 0), changed, planned(changed)["mailer"], BOARD)
    old, new = world.zygotes.all
    assert (old.killed, new.plan.setup.roots[0].preload) == (True, ("json",))


def test_one_that_is_no_more_leaves_its_zygote(world: World) -> None:
    world.ask(world.request(0))
    world.zygotes.last.says({"forked": [[0, errno.EAGAIN]]})
    world.births.forget(Key("mailer", 0))
    assert world.zygotes.last.killed


def test_what_is_shared_is_told_of_what_a_zygote_forks(world: World) -> None:
    world.births.expect([(MAILER, PLANS["mailer"])])
    answer = {"root": 0, "shared": 1, "unshared": 0, "own": []}
    world.zygotes.last.says(answer)
    assert world.births.told_of(MAILER, PLANS["mailer"]) == answer | {"loaded": False, "left_out": {}}
    assert world.births.told_of(Daemon(name="command", command=("x",)), PLANS["mailer"]) is None


def test_who_still_waits_at_the_end_is_refused(world: World) -> None:
    world.births.ask([world.request(0)])
    world.births.close()
    assert world.refused == [(Key("mailer", 0), "the engine was closed")]
