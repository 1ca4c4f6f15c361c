"""A helper in a process of its own: what it is told arrives, what it says is believed if it is a verdict, and its end
is told once. It is a real one, of a module that this test writes.
"""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.fakes.full_table import full_table
from tests.fakes.reactor import SmallReactor

from udaemon.engines.helper_process import HelperProcess
from udaemon.engines.verdict import Verdict

MODULE = """
import json, os, socket

def main(fd):
    end = socket.socket(fileno=fd)
    with end.makefile("rwb") as stream:
        while head := stream.read(4):
            stream.write(answer(stream.read(int.from_bytes(head, "big"))))
            stream.flush()

def answer(told):
    match json.loads(told):
        case ["die"]:
            os._exit(3)
        case ["nonsense"]:
            payload = b"{}"
        case ["endless"]:
            return b"\\xff" * 8
        case [first, *rest]:
            payload = json.dumps([len(first), True, f"{first[:20]} {rest}"]).encode()
    return len(payload).to_bytes(4, "big") + payload
"""


class World:
    """`verdicts` and `deaths` are what was told."""

    def __init__(self) -> None:
        self.reactor = SmallReactor()
        self.verdicts: list[Verdict] = []
        self.deaths: list[str] = []
        self.helper = HelperProcess(
            "a_helper_of_this_test", self.reactor, on_verdict=self.verdicts.append, on_death=self.deaths.append
        )

    def tell(self, *words: object) -> None:
        self.helper.send(*words)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    (tmp_path / "a_helper_of_this_test.py").write_text(MODULE)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    before = len(os.listdir("/proc/self/fd"))
    made = World()
    yield made
    made.helper.end()
    assert made.reactor.watched == frozenset()
    made.reactor.close()
    assert len(os.listdir("/proc/self/fd")) == before


def test_what_it_is_told_it_answers(world: World) -> None:
    assert world.helper.start()
    assert world.helper.is_there
    world.tell("one")
    world.tell("three", 3, {"A": "ä"}, ("-v",))
    world.reactor.run_until(lambda: len(world.verdicts) == 2)
    assert world.verdicts == [Verdict(3, True, "one []"), Verdict(5, True, "three [3, {'A': 'ä'}, ['-v']]")]
    assert world.deaths == []


def test_more_than_its_socket_takes_goes_later_and_in_order(world: World) -> None:
    world.helper.start()
    sizes = [1_000_000, 7, 500_000, 8]
    for size in sizes:
        world.tell("x" * size)
    world.reactor.run_until(lambda: len(world.verdicts) == len(sizes))
    assert [verdict.number for verdict in world.verdicts] == sizes


def test_who_waits_for_it_does_both_ends_of_the_talk_without_a_loop(world: World) -> None:
    world.helper.start()
    world.tell("x" * 1_000_000)
    while not world.verdicts:
        world.helper.drain(10.0)
    assert world.verdicts[0].number == 1_000_000


@pytest.mark.parametrize(
    ("word", "how"), [("die", "has died"), ("nonsense", "answers nonsense"), ("endless", "answers nonsense")]
)
def test_one_that_dies_or_cannot_be_believed_is_ended_and_told_once(world: World, word: str, how: str) -> None:
    world.helper.start()
    pid = world.helper.pid
    assert pid is not None
    world.tell(word)
    world.reactor.run_until(lambda: world.deaths)
    assert (world.deaths, world.helper.pid, world.helper.is_there) == ([how], None, False)
    with pytest.raises(ChildProcessError):  # it was reaped
        os.waitpid(pid, 0)


def test_the_next_one_begins_with_nothing_of_what_the_one_before_was_told(world: World) -> None:
    world.helper.start()
    os.kill(world.helper.pid or 0, 19)  # it takes no more
    world.tell("x" * 1_000_000)
    world.helper.give_up("answers no more")
    assert world.deaths == ["answers no more"]
    world.helper.start()
    world.tell("four")
    world.reactor.run_until(lambda: world.verdicts)
    assert world.verdicts == [Verdict(4, True, "four []")]


def test_one_that_nobody_wants_any_more_sees_its_end_and_is_given_time_for_its_own(world: World) -> None:
    world.helper.start()
    pidfd = os.pidfd_open(world.helper.pid or 0)
    world.helper.let_end(20.0)
    assert select.select([pidfd], [], [], 0)[0]
    status = os.waitid(os.P_PIDFD, pidfd, os.WEXITED | os.WNOWAIT)
    assert status is not None
    assert status.si_status == 0  # and not killed
    os.close(pidfd)


def test_where_there_is_none_nothing_is_done(world: World) -> None:
    world.tell("one")
    world.helper.drain(0.0)
    world.helper.let_end(0.0)
    world.helper.end()
    assert (world.helper.pid, world.helper.is_there, world.verdicts, world.deaths) == (None, False, [], [])


def test_without_descriptors_or_a_program_there_is_none(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with full_table():
        assert not world.helper.start()
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    assert not world.helper.start()
    assert (world.helper.pid, world.helper.is_there) == (None, False)
