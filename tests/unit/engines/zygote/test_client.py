"""The client of a zygote as a state machine: what it asks, believes, replaces and gives up. The test is the zygote."""

from __future__ import annotations

import errno
import math
from typing import Any

import pytest
from tests.fakes.zygote import FakeConnection, FakeParent, FakePopen, Zygotes

from udaemon.engines.commands import ExecFailed
from udaemon.engines.zygote.client import ZygoteClient
from udaemon.engines.zygote.protocol import Timeouts
from udaemon.engines.zygote.server import Setup
from udaemon.engines.zygote.sharing import Root
from udaemon.engines.zygote.start import Plan
from udaemon.policy.reasons import Trouble

ROOTS = (Root(("jobs",)), Root(("mail",)))
READY = {"ready": True, "failed": {}}
IMPORTING = {"importing": "numpy", "for": [1]}


class World:
    """A client, and each connection that it has made."""

    def __init__(self) -> None:
        self.parent = FakeParent()
        self.zygotes = Zygotes()
        self.elsewhere: list[str] = []
        self.client = ZygoteClient(
            self.zygotes.connect,
            Plan(2, (0,), Setup({}, "/", (), (), ROOTS)),
            self.parent,
            Timeouts(answer=10.0, preload=60.0),
            elsewhere=lambda popens: self.elsewhere.extend(map(repr, popens)),
        )

    @property
    def zygote(self) -> FakeConnection:
        """The newest one."""
        return self.zygotes.last

    def add(self, *names: str, root: int | None = 0, fds: int = 3) -> list[FakePopen]:
        popens = [FakePopen(name, self.parent, root=root, fds=fds) for name in names]
        self.client.add(popens)
        return popens

    def wait(self) -> None:
        """Let time pass up to the deadline."""
        assert self.client.deadline is not None
        self.client.expire(self.client.deadline)


@pytest.fixture
def world() -> World:
    return World()


def test_the_first_process_starts_a_zygote_and_waits_until_it_is_ready(world: World) -> None:
    assert (world.zygotes.all, world.client.deadline) == ([], None)
    world.add("a")
    assert (len(world.zygotes.all), world.zygote.asked, world.client.busy) == (1, [], False)
    world.zygote.says(READY)
    assert (world.zygote.asked, world.client.busy) == ([["a"]], True)
    world.zygote.says({"forked": [[7, 0]]})
    assert (world.parent.told, world.client.busy, world.client.deadline) == ([("forked", "a")], False, None)


def test_a_zygote_that_is_warmed_imports_before_anybody_asks(world: World) -> None:
    world.client.preload()
    world.client.preload()
    world.zygote.says(READY)
    assert (len(world.zygotes.all), world.zygote.asked) == (1, [])
    world.add("a")
    assert world.zygote.asked == [["a"]]


def test_what_is_asked_for_meanwhile_makes_up_the_next_batch(world: World) -> None:
    world.add("a")
    world.zygote.says(READY)
    world.add("b")
    world.add("c")
    assert world.zygote.asked == [["a"]]
    world.zygote.says({"forked": [[7, 0]]})
    assert world.zygote.asked == [["a"], ["b", "c"]]


def test_a_batch_has_no_more_descriptors_than_a_message_takes(world: World) -> None:
    world.add("a", "b", "c", fds=200)
    world.zygote.says(READY, {"forked": [[7, 0], [8, 0]]})
    assert world.zygote.asked == [["a", "b"], ["c"]]
    with pytest.raises(ValueError, match="505 descriptors at most"):
        world.add("d", fds=506)


def test_a_pause_of_the_imports_forks_those_that_have_all_they_share(world: World) -> None:
    world.add("a", root=0)
    world.add("b", root=1)
    world.zygote.says({"reading": True}, {"loaded": [0]})
    assert world.zygote.asked == [["a"]]
    world.zygote.says({"forked": [[7, 0]]})
    assert world.zygote.asked == [["a"], []], "nobody else can be forked, so it is to go on"
    world.zygote.says({"loaded": [1]})
    assert world.zygote.asked == [["a"], [], ["b"]]


def test_an_import_that_takes_long_sends_those_elsewhere_that_do_not_need_it(world: World) -> None:
    world.add("needs", root=1)
    world.add("other", root=0)
    world.add("whatever", root=None)
    world.zygote.says(IMPORTING)
    world.wait()
    assert (world.elsewhere, world.zygote.killed) == (["other"], False)
    world.add("late", root=0)
    world.wait()
    assert world.elsewhere == ["other", "late"]


def test_those_of_a_bare_root_go_elsewhere(world: World) -> None:
    world.add("a", root=0)
    world.add("b", root=1)
    world.zygote.says({"bare": [1]})
    world.add("c", root=1)
    assert world.elsewhere == ["b", "c"]


def test_what_is_said_of_sharing_is_kept_by_root(world: World) -> None:
    world.client.preload()
    told = {"root": 1, "shared": 2, "unshared": 1, "own": [["mail", 3, "call"]]}
    world.zygote.says(told)
    assert world.client.told_of(1) == told | {"loaded": False, "left_out": {}}


@pytest.mark.parametrize(
    ("answer", "notice", "left_out"),
    [
        (
            {"spoiled": "numpy", "why": "it forked at import"},
            "numpy is left to the daemons to import: it forked",
            {"numpy"},
        ),
        ({"spoiled": None, "why": "a thread was started"}, "zygote replaced: a thread was started", set()),
        ({"stale": "/x/jobs.py"}, "zygote replaced: /x/jobs.py has changed", set()),
    ],
)
def test_an_unfit_zygote_is_replaced_and_the_next_does_what_it_had_to_do(
    world: World, answer: dict[str, Any], notice: str, left_out: set[str]
) -> None:
    world.add("a")
    world.add("b")
    world.zygote.says(READY)
    world.add("c")
    first = world.zygote
    first.says(answer)
    assert (first.killed, len(world.zygotes.all), world.parent.told) == (True, 2, [])
    assert notice in world.parent.notices[-1]
    assert set(world.zygote.plan.setup.left_out or ()) == left_out
    world.zygote.says(READY)
    assert world.zygote.asked == [["a", "b", "c"]]
    assert set(world.client.pids) == {100, 101}
    first.ends()
    assert set(world.client.pids) == {101}


def test_a_module_that_failed_is_left_out_until_the_code_changes(world: World) -> None:
    world.add("a")
    world.zygote.says({"ready": True, "failed": {"mail": "ValueError: no"}})
    assert world.parent.notices == ["zygote replaced: left to the daemons to import: mail: ValueError: no"]
    assert world.zygote.plan.setup.left_out == {"mail": "ValueError: no"}
    world.zygote.says({"stale": "/x/mail.py"})
    assert world.zygote.plan.setup.left_out == {}


@pytest.mark.parametrize(
    "answer",
    [
        None,
        {},
        {"forked": []},
        {"forked": [[7, 0], [8, 0]]},
        {"forked": 7},
        {"ready": True},
        {"spoiled": "x"},
        {"refused": "x"},
    ],
)
def test_an_answer_that_makes_no_sense_ends_the_zygote_and_its_batch_is_lost(world: World, answer: object) -> None:
    world.add("a")
    world.zygote.says(READY)
    world.add("b")
    world.zygote.says(answer)
    assert (world.zygote.killed, world.parent.told) == (True, [])
    world.zygote.ends()
    assert world.parent.told == [("lost", "a", "zygote gave no sensible answer")]
    world.zygote.says(READY)
    assert world.zygote.asked == [["b"]]


def test_a_result_that_makes_no_sense_loses_only_its_process(world: World) -> None:
    world.add("a", "b", "c")
    world.zygote.says(READY, {"forked": [[7, 0], [1, 0], [0, errno.EAGAIN]]})
    assert world.parent.told == [
        ("forked", "a"),
        ("failed", "c", "fork: Resource temporarily unavailable"),
        ("lost", "b", "zygote does not know what became of it"),
    ]


def test_a_zygote_without_room_for_descriptors_refuses_the_batch(world: World) -> None:
    world.add("a", "b")
    world.zygote.says(READY, {"refused": errno.EMFILE})
    assert world.parent.told == [("failed", name, "fork: Too many open files") for name in "ab"]


def test_an_import_that_ends_the_zygote_is_left_out_of_the_next(world: World) -> None:
    world.add("a")
    world.zygote.says(IMPORTING)
    world.zygote.ends(code=3)
    assert world.zygote.plan.setup.left_out == {"numpy": "it ended the zygote (exit code 3) at import"}
    assert world.parent.told == []


def test_a_zygote_that_ends_before_it_is_ready_fails_those_that_wait(world: World) -> None:
    world.add("a")
    world.zygote.ends(code=1)
    assert (world.parent.told, len(world.zygotes.all)) == ([("failed", "a", "zygote 100 ended (exit code 1)")], 1)
    world.add("b")
    assert len(world.zygotes.all) == 2


def test_a_zygote_that_ends_in_peace_is_replaced_until_that_has_happened_too_often(world: World) -> None:
    world.client.preload()
    for number in range(3):
        assert len(world.zygotes.all) == number + 1
        world.zygote.says(READY)
        world.zygote.ends()
    assert len(world.zygotes.all) == 3, "nobody has use for a zygote that does not last"
    assert world.parent.notices == [f"zygote {100 + number} ended (signal 9)" for number in range(3)]
    world.add("a")
    assert not world.zygote.plan.setup.roots
    world.zygote.says(READY, {"forked": [[7, 0]]}, {"stale": "x"})
    assert world.zygote.plan.setup.roots == ROOTS


@pytest.mark.parametrize("ready", [True, False])
def test_a_zygote_that_does_not_answer_is_ended(world: World, *, ready: bool) -> None:
    world.add("a")
    if ready:
        world.zygote.says(READY)
    world.wait()
    assert (world.zygote.killed, len(world.zygotes.all)) == (True, 1)
    world.zygote.ends()
    assert world.parent.told == [("lost" if ready else "failed", "a", "zygote not answering")]
    assert world.parent.notices == ["zygote not answering"] * ready


def test_an_import_without_end_is_left_out(world: World) -> None:
    world.client.preload()
    world.zygote.says(IMPORTING)
    world.wait()
    assert world.zygotes.all[0].killed
    assert world.zygote.plan.setup.left_out == {"numpy": "its import took longer than 60 s"}


def test_time_that_has_not_come_changes_nothing(world: World) -> None:
    world.add("a")
    deadline = world.client.deadline
    assert deadline is not None
    world.client.expire(math.nextafter(deadline, 0.0))
    assert (world.zygote.killed, world.client.deadline) == (False, deadline)


def test_a_zygote_that_cannot_be_asked_fails_the_batch_and_is_asked_for_the_next(world: World) -> None:
    world.client.preload()
    world.zygote.says(READY)
    world.zygote.error = OSError(errno.EMFILE, "Too many open files")
    world.add("a")
    assert world.parent.told == [("failed", "a", "zygote cannot be asked: Too many open files")]
    world.zygote.error = None
    world.add("b")
    assert world.zygote.asked == [["b"]]


def test_a_zygote_that_died_just_now_is_known_by_its_end(world: World) -> None:
    world.client.preload()
    world.zygote.says(READY)
    world.zygote.error = BrokenPipeError()
    world.add("a")
    assert (world.parent.told, world.client.busy) == ([], True)
    world.zygote.ends(code=0)
    assert world.parent.told == [("lost", "a", "zygote 100 ended (exit code 0)")]


@pytest.mark.parametrize("error", [OSError("no memory"), ExecFailed("no memory", Trouble.RESOURCE)])
def test_a_zygote_that_cannot_be_started_fails_those_that_wait(world: World, error: Exception) -> None:
    world.zygotes.fails = error
    world.add("a", "b")
    assert world.parent.told == [("failed", name, "zygote cannot be started: no memory") for name in "ab"]
    world.zygotes.fails = None
    world.add("c")
    assert len(world.zygotes.all) == 1


def test_a_process_is_called_off_until_it_is_asked_for(world: World) -> None:
    world.client.preload()
    world.zygote.says(READY)
    [asked] = world.add("a")
    [waiting] = world.add("b")
    assert (world.client.cancel(asked), world.client.cancel(waiting)) == (False, True)
    world.zygote.says({"forked": [[7, 0]]})
    assert (world.zygote.asked, world.parent.told) == ([["a"]], [("forked", "a")])


def test_what_a_zygote_says_that_was_replaced_is_not_heard(world: World) -> None:
    world.add("a")
    first = world.zygote
    first.says({"stale": "x"}, READY, {"forked": [[7, 0]]}, None)
    assert (first.asked, world.parent.told, world.zygote.killed) == ([], [], False)


def test_a_closed_client_has_ended_all_its_zygotes(world: World) -> None:
    world.add("a")
    world.zygote.says({"stale": "x"}, READY)
    world.client.close()
    assert [zygote.killed for zygote in world.zygotes.all] == [True, True]
    assert (list(world.client.pids), world.client.deadline) == ([], None)
