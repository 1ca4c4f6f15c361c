"""What children say over their sockets: heard while they live and after their end, and nothing believed of nonsense."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from tests.fakes.kernel import FakeReactor

from udaemon.child.report import Answered, GoodRun, Leaving, LocksChanged, ReadyReport, ReadyWith, RunFailed, encode
from udaemon.engines.process import ManagedProcess
from udaemon.engines.reports import Reports
from udaemon.frames import frame
from udaemon.manifest.model import Daemon
from udaemon.policy import events
from udaemon.policy.events import Event, Ready, Said
from udaemon.policy.instance import Key
from udaemon.policy.questions import Question, Teller

KEY = Key("a", 0)


class World(NamedTuple):
    reactor: FakeReactor
    reports: Reports
    managed: ManagedProcess
    child: socket.socket
    told: list[Event]

    def hears(self) -> None:
        """Let the loop see what has come."""
        for callback in tuple(self.reactor.callbacks.values()):
            callback()


@pytest.fixture
def world() -> Iterator[World]:
    ours, child = socket.socketpair()
    ours.setblocking(False)
    reactor, told = FakeReactor(), list[Event]()
    reports = Reports(reactor, lambda _managed, event: told.append(event))
    managed = ManagedProcess(key=KEY, daemon=Daemon(name="a", factory="a:b"), pid=7, pidfd=-1, reports=ours)
    reports.listen(managed)
    yield World(reactor, reports, managed, child, told)
    reports.drain(managed)
    child.close()


def test_each_report_is_told_as_it_comes(world: World) -> None:
    world.child.send(encode(ReadyReport()))
    world.hears()
    assert world.told == [Ready()]
    world.child.send(encode(Leaving("exception", "ValueError: no")))
    world.hears()
    assert world.told[1:] == [events.Leaving()]
    assert world.managed.leaving == Leaving("exception", "ValueError: no")
    assert world.reports.errors == {KEY: "ValueError: no"}


def test_only_a_word_about_locks_is_passed_on_as_one() -> None:
    """Reports without fields are equal tuples, whatever their kind."""
    ours, child = socket.socketpair()
    ours.setblocking(False)
    reactor, words = FakeReactor(), list[object]()
    reports = Reports(reactor, lambda _managed, _event: None, on_word=lambda _managed, word: words.append(word))
    managed = ManagedProcess(key=KEY, daemon=Daemon(name="a", factory="a:b"), pid=7, pidfd=-1, reports=ours)
    reports.listen(managed)
    with child:
        for report, count in ((ReadyReport(), 0), (GoodRun(), 0), (LocksChanged(), 1)):
            child.send(encode(report))
            World(reactor, reports, managed, child, []).hears()
            assert len(words) == count, report
    reports.drain(managed)


def test_several_in_one_piece_and_one_in_several_pieces_are_the_same(world: World) -> None:
    data = encode(ReadyReport()) + encode(RunFailed(3, "OSError: full")) + encode(Leaving("stopped", None))
    world.child.send(data[:7])
    world.hears()
    assert world.told == []
    world.child.send(data[7:])
    world.hears()
    assert (world.told, world.reports.errors) == ([Ready(), events.Leaving()], {KEY: "OSError: full"})


def test_last_words_are_heard_after_the_end_and_nobody_is_told_that_it_is_leaving(world: World) -> None:
    world.child.send(encode(RunFailed(3, "OSError: full")) + encode(Leaving("exited", "sys.exit(3)")))
    world.child.close()
    world.reports.drain(world.managed)
    assert world.managed.leaving == Leaving("exited", "sys.exit(3)")
    assert (world.told, world.managed.reports, world.reactor.callbacks) == ([], None, {})


def test_a_descendant_that_has_the_socket_open_holds_nobody_up(world: World) -> None:
    world.child.send(encode(Leaving("stopped", None)))
    world.reports.drain(world.managed)
    assert world.managed.leaving == Leaving("stopped", None)


@pytest.mark.parametrize("data", [b"\xff" * 64, b"\0\0\0\2[]", b"\0\0\0\5hello"], ids=repr)
def test_f57_who_speaks_nonsense_is_not_listened_to_any_more(world: World, data: bytes) -> None:
    world.child.send(data + encode(ReadyReport()))
    world.hears()
    assert (world.told, world.managed.leaving, world.reports.errors) == ([], None, {})


def test_the_end_of_its_socket_alone_means_nothing(world: World) -> None:
    world.child.close()
    world.hears()
    assert (world.managed.reports, world.reactor.callbacks, world.told) == (None, {}, [])


def test_one_without_a_socket_says_nothing(world: World) -> None:
    silent = ManagedProcess(key=Key("b", 0), daemon=Daemon(name="b", command=("b",)), pid=8, pidfd=-1)
    world.reports.listen(silent)
    world.reports.drain(silent)
    assert len(world.reactor.callbacks) == 1


def test_what_a_task_is_asked_and_answers_is_told(world: World) -> None:
    world.child.send(
        encode(ReadyWith(("ready", "health"))) + encode(Answered("health", False, "no\nwords" + "x" * 999))
    )
    world.hears()
    assert world.told == [
        Ready((Question.READY, Question.HEALTH)),
        Said(Teller.TASK, Question.HEALTH, False, "no words" + "x" * 192),
    ]


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "answered", "question": "wealth", "ok": True, "reason": ""},
        {"kind": "answered", "question": ["ready"], "ok": True, "reason": ""},
        {"kind": "answered", "question": "ready", "ok": 1, "reason": ""},
        {"kind": "answered", "question": "ready", "ok": True, "reason": None},
    ],
)
def test_an_answer_that_is_none_is_not_believed(world: World, fields: dict[str, object]) -> None:
    world.child.send(frame(json.dumps(fields).encode()))
    world.hears()
    assert world.told == []
