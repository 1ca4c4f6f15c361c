"""A context's parent that waits by itself: until a process was forked, cannot be, or its zygote has been given up."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from typing import cast

import pytest
from tests.fakes.zygote import FakeParent, FakePopen

from udaemon.engines.zygote.blocking import BlockingParent, _lifeline
from udaemon.engines.zygote.client import ZygoteClient
from udaemon.engines.zygote.popen import Popen
from udaemon.engines.zygote.protocol import Timeouts
from udaemon.system.subreaper import is_subreaper


class FakeClient:
    """Does with what it is asked for what a test says; `expired` when it was given up."""

    def __init__(self) -> None:
        self.on_add: Callable[[Popen], None] = lambda _popen: None
        self.on_expire: Callable[[], None] = lambda: None
        self.deadline: float | None = None
        self.closed = False

    def add(self, popens: Iterable[Popen]) -> None:
        (popen,) = popens
        self.on_add(popen)

    def expire(self, now: float) -> None:
        if self.deadline is not None and self.deadline <= now:
            self.on_expire()

    def close(self) -> None:
        self.closed = True


class World:
    def __init__(self) -> None:
        self.parent = BlockingParent(("json",), Timeouts())
        self.made = self.parent._zygotes
        self.client = FakeClient()
        self.parent._zygotes = cast("ZygoteClient", self.client)
        self.popen = FakePopen("a", FakeParent())

    def forked(self) -> None:
        """What a zygote says is so at once."""
        self.popen.pid, self.popen.sentinel = 77, os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        self.popen._closing = None
        self.parent.forked(self.popen)


@pytest.fixture
def world() -> Iterator[World]:
    _lifeline()  # it is kept as long as the process
    before = len(os.listdir("/proc/self/fd"))
    made = World()
    yield made
    if made.popen.pid is not None:
        made.popen.close()
    made.parent.close()
    assert made.client.closed
    assert len(os.listdir("/proc/self/fd")) == before


def test_who_is_forked_at_once_is_not_waited_for(world: World) -> None:
    world.client.on_add = lambda _popen: world.forked()
    world.parent.launch(world.popen)
    assert world.popen.pid == 77


def test_what_a_zygote_says_meanwhile_is_heard(world: World) -> None:
    read, write = os.pipe()

    def hear() -> None:
        os.read(read, 1)
        world.parent.forget(read)
        world.forked()

    def answer(_popen: Popen) -> None:
        os.write(write, b".")

    world.parent.watch(read, hear)
    world.client.on_add = answer
    world.parent.launch(world.popen)
    assert world.popen.pid == 77
    os.close(read)
    os.close(write)


@pytest.mark.parametrize("how", ["failed", "lost"])
def test_one_that_does_not_come_to_be_is_an_error(world: World, how: str) -> None:
    def tell(popen: Popen) -> None:
        if how == "failed":
            world.parent.failed(popen, "fork: no memory")
        else:
            world.parent.lost([popen], "fork: no memory")

    world.client.on_add = tell
    with pytest.raises(OSError, match=r"^fork: no memory$"):
        world.parent.launch(world.popen)


def test_the_next_one_is_not_held_to_the_trouble_of_the_one_before(world: World) -> None:
    read, write = os.pipe()
    os.write(write, b".")
    world.parent.failed(world.popen, "no memory")
    world.parent.watch(read, world.forked)  # later than at once
    world.parent.launch(world.popen)
    assert world.popen.pid == 77
    os.close(read)
    os.close(write)


def test_a_zygote_that_does_not_answer_is_given_up_in_time(world: World) -> None:
    world.client.deadline = time.monotonic() + 0.02
    world.client.on_expire = lambda: world.parent.failed(world.popen, "zygote not answering")
    with pytest.raises(OSError, match="not answering"):
        world.parent.launch(world.popen)


def test_orphans_come_to_us_while_a_process_is_started_and_not_afterwards(world: World) -> None:
    seen: list[bool] = []

    def look(_popen: Popen) -> None:
        seen.append(is_subreaper())
        world.forked()

    world.client.on_add = look
    before = is_subreaper()
    world.parent.launch(world.popen)
    assert (seen, is_subreaper()) == ([True], before)


def test_its_zygote_imports_what_it_is_to_in_the_surroundings_of_this_program(world: World) -> None:
    setup = world.made._plan.setup
    assert (setup.roots[0].preload, setup.cwd, setup.env["PATH"]) == (("json",), os.getcwd(), os.environ["PATH"])
    assert setup.program is not None
    assert (world.made._plan.output, world.made._plan.stdout) == (2, 1)


def test_all_of_a_process_have_one_lifeline(world: World) -> None:
    other = BlockingParent((), Timeouts())
    assert other._lifeline is world.parent._lifeline
    other.close()


def test_a_notice_is_for_who_reads_our_errors(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.parent.notice("zygote replaced: jobs.py has changed")
    assert capsys.readouterr() == ("", "zygote replaced: jobs.py has changed\n")
