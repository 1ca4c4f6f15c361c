"""The client of one kind of zygote, as a state machine: what it asks, whom it blames, and what becomes of who waits."""

from __future__ import annotations

import errno
from collections.abc import Callable, Sequence

import pytest
from tests.fakes.zygote import FakeLink, FakeParent, FakePopen, Zygotes

from udaemon.engines.zygote.client import ZygoteClient
from udaemon.engines.zygote.popen import Popen
from udaemon.engines.zygote.protocol import Timeouts
from udaemon.engines.zygote.server import Setup
from udaemon.engines.zygote.sharing import Root
from udaemon.engines.zygote.start import Plan
from udaemon.engines.zygote.wire import MAX_FDS

ROOTS = (Root(("a",), ()), Root(("b",), ()))
NEVER = 1e12


class World:
    """A client, its zygotes, and those who wait: `a` begins with root 0, `b` with root 1."""

    def __init__(self) -> None:
        self.zygotes = Zygotes()
        self.parent = FakeParent()
        self.passed: list[Popen] = []
        setup = Setup({}, "/m", ("/m",), (), ROOTS)
        self.client = ZygoteClient(
            self.zygotes.connect,
            Plan(2, (8, 9), setup),
            self.parent,
            Timeouts(answer=10.0, preload=60.0),
            elsewhere=self._elsewhere,
        )
        self.a, self.b = FakePopen("a"), FakePopen("b", root=1)

    def _elsewhere(self, popens: Sequence[Popen]) -> None:
        self.passed += popens

    @property
    def zygote(self) -> FakeLink:
        return self.zygotes.last

    @property
    def left_out(self) -> dict[str, str]:
        """What the present zygote is told not to import."""
        return dict(self.zygote.plan.setup.left_out)

    def ready(self) -> World:
        """Let a zygote be there that has imported everything."""
        self.client.warm()
        self.zygote.is_ready()
        return self

    def asked(self, *popens: Popen) -> World:
        """Have a ready zygote at work on these."""
        self.ready().client.add(popens)
        assert self.zygote.asked[-1] == list(popens)
        return self

    def expires(self) -> None:
        """Let the moment come that the client waits for."""
        assert self.client.deadline is not None
        self.client.expire(NEVER)


@pytest.fixture
def world() -> World:
    return World()


def test_a_zygote_is_started_with_the_first_who_wants_a_process(world: World) -> None:
    assert (world.zygotes.all, world.client.deadline, world.client.idle) == ([], None, True)
    world.client.add([world.a])
    assert (len(world.zygotes.all), world.zygote.asked, world.client.idle) == (1, [], False)
    world.zygote.is_ready()
    assert (world.zygote.asked, world.client.busy) == ([[world.a]], True)


def test_a_zygote_that_is_warmed_has_nothing_to_do(world: World) -> None:
    world.ready().client.warm()
    assert (len(world.zygotes.all), world.zygote.asked, world.client.busy) == (1, [], False)


def test_who_comes_while_a_batch_is_under_way_makes_up_the_next(world: World) -> None:
    world.asked(world.a).client.add([world.b])
    assert len(world.zygote.asked) == 1
    world.zygote.says(born=[[0, errno.EAGAIN]])
    assert world.zygote.asked == [[world.a], [world.b]]
    assert world.parent.failures == [(world.a, "fork: Resource temporarily unavailable")]


def test_what_cannot_be_sent_in_one_message_is_two_batches(world: World) -> None:
    big = [FakePopen(str(number), fds=MAX_FDS // 2) for number in range(3)]
    world.ready().client.add(big)
    assert len(world.zygote.asked[0]) < 3
    world.zygote.says(refused=errno.EMFILE)
    assert len(world.zygote.asked) == 2
    with pytest.raises(ValueError, match="descriptors at most"):
        world.client.add([FakePopen("too big", fds=MAX_FDS + 1)])


def test_who_waits_can_be_cancelled_and_who_was_asked_for_cannot(world: World) -> None:
    world.client.add([world.a, world.b])
    assert world.client.cancel(world.b)
    world.zygote.is_ready()
    assert world.zygote.asked == [[world.a]]
    assert not world.client.cancel(world.a)


def test_while_it_imports_those_are_forked_whose_imports_are_done(world: World) -> None:
    world.client.add([world.a, world.b])
    world.zygote.says(importing="a", **{"for": [0]})
    world.zygote.says(loaded=[0])
    assert world.zygote.asked == [[world.a]]
    world.zygote.says(born=[[0, errno.EAGAIN]])
    assert world.zygote.asked == [[world.a], []], "it is told to go on"
    world.zygote.says(loaded=[1])
    assert world.zygote.asked[-1] == [world.b]


def test_who_would_wait_for_a_slow_import_that_is_not_his_goes_elsewhere(world: World) -> None:
    world.client.add([world.a, world.b])
    world.zygote.says(importing="a", **{"for": [0]})
    world.expires()
    assert world.passed == [world.b]
    assert not world.zygote.killed


def test_who_needs_a_zygote_that_has_imported_nothing_goes_elsewhere(world: World) -> None:
    world.client.add([world.a, world.b])
    world.zygote.says(bare=[1])
    assert world.passed == [world.b]
    late = FakePopen("late", root=1)
    world.client.add([late])
    assert world.passed == [world.b, late]


def test_what_it_says_of_what_is_shared_is_kept(world: World) -> None:
    world.client.warm()
    answer = {"root": 1, "shared": 3, "unshared": 0, "own": []}
    world.zygote.says(**answer)
    assert dict(world.client.told) == {1: answer}


FORKED = "it forked at import"
THREAD = "a thread was started"
REPLACED: dict[str, tuple[Callable[[FakeLink], object], dict[str, str], str]] = {
    "a module failed": (lambda one: one.says(ready=True, failed={"a": "ImportError"}), {"a": "ImportError"}, "left to"),
    "a module spoiled it": (lambda one: one.says(spoiled="a", why=FORKED), {"a": FORKED}, "left to"),
    "nobody knows what spoiled it": (lambda one: one.says(spoiled=None, why=THREAD), {}, THREAD),
}


@pytest.mark.parametrize("case", REPLACED)
def test_a_zygote_that_is_no_good_is_replaced_and_nobody_loses_his_place(world: World, case: str) -> None:
    does, left_out, told = REPLACED[case]
    world.client.add([world.a])
    old = world.zygote
    does(old)
    assert (old.killed, len(world.zygotes.all), world.left_out) == (True, 2, left_out)
    assert told in world.parent.notices[0]
    world.zygote.is_ready()
    assert world.zygote.asked == [[world.a]]
    assert world.parent.failures == []


def test_one_whose_files_have_changed_is_replaced_and_the_new_one_does_what_it_had_to_do(world: World) -> None:
    world.asked(world.a)
    old = world.zygote
    old.says(stale="/m/a.py")
    world.zygote.is_ready()
    assert (old.killed, world.zygote.asked) == (True, [[world.a]])
    assert "/m/a.py has changed" in world.parent.notices[0]


def test_a_module_that_failed_is_tried_again_in_new_code_and_one_that_did_harm_is_not(world: World) -> None:
    world.client.warm()
    world.zygote.says(ready=True, failed={"a": "SyntaxError"})
    world.zygote.says(spoiled="b", why="it forked at import")
    assert world.left_out == {"a": "SyntaxError", "b": "it forked at import"}
    world.zygote.is_ready()
    world.client.add([world.a])
    world.zygote.says(stale="/m/a.py")
    assert world.left_out == {"b": "it forked at import"}


def test_after_mishaps_in_a_row_nothing_of_the_user_s_is_imported(world: World) -> None:
    world.client.add([world.a])
    for _ in range(3):
        world.zygote.is_ready()
        world.zygote.says(spoiled=None, why="?")
    assert world.zygote.plan.setup.roots == ()
    world.zygote.is_ready()
    assert world.zygote.asked == [[world.a]]


def test_a_module_at_whose_import_it_ends_is_left_out(world: World) -> None:
    world.client.add([world.a])
    world.zygote.says(importing="a", **{"for": [0]})
    world.zygote.ends(signal=11)
    assert world.left_out == {"a": "it ended the zygote (signal 11) at import"}
    assert world.parent.failures == []


def test_a_module_that_imports_for_ever_is_left_out(world: World) -> None:
    world.client.add([world.a])
    world.zygote.says(importing="a", **{"for": [0]})
    old = world.zygote
    world.expires()
    assert (old.killed, world.left_out) == (True, {"a": "its import took longer than 60 s"})


def test_one_that_dies_over_a_batch_leaves_it_to_be_looked_for_and_the_others_to_the_next(
    world: World,
) -> None:
    world.asked(world.a).client.add([world.b])
    world.zygote.ends(signal=9)
    assert world.parent.losses == [([world.a], "zygote 500 ended (signal 9)")]
    world.zygote.is_ready()
    assert world.zygote.asked == [[world.b]]


def test_one_that_dies_before_it_was_ready_fails_all_who_wait_and_is_not_started_again_by_itself(world: World) -> None:
    world.client.add([world.a, world.b])
    world.zygote.ends(code=1)
    assert [popen for popen, _ in world.parent.failures] == [world.a, world.b]
    assert len(world.zygotes.all) == 1
    world.client.add([FakePopen("next")])
    assert len(world.zygotes.all) == 2


def test_one_that_dies_idle_is_replaced_so_that_the_next_start_is_fast(world: World) -> None:
    world.ready().zygote.ends(signal=9)
    assert len(world.zygotes.all) == 2


@pytest.mark.parametrize(
    "answer",
    [{"forked": []}, {"forked": [[1, 2], [3, 4]]}, {"forked": "x"}, {"refused": "x"}, {"what": 1}, {}],
    ids=str,
)
def test_one_that_answers_nonsense_is_killed_and_its_batch_looked_for(world: World, answer: dict[str, object]) -> None:
    world.asked(world.a).zygote.says(**answer)
    zygote = world.zygote
    assert zygote.killed
    zygote.ends(signal=9)
    assert world.parent.losses == [([world.a], "zygote gave no sensible answer")]


def test_what_is_no_answer_is_nonsense_too(world: World) -> None:
    world.asked(world.a).zygote.babbles()
    assert world.zygote.killed


@pytest.mark.parametrize("result", [[999_999_999, 0], [1, 0], [-5, 0], "x", None, [0, "x"], [True]], ids=str)
def test_a_pid_that_is_no_child_of_ours_is_not_believed(world: World, result: object) -> None:
    world.asked(world.a, world.b).zygote.says(born=[result, [0, errno.EAGAIN]])
    assert world.parent.births == []
    assert world.parent.losses == [([world.a], "zygote does not know what became of it")]
    assert [popen for popen, _ in world.parent.failures] == [world.b]


def test_one_that_does_not_answer_to_a_batch_is_killed_and_the_batch_looked_for(world: World) -> None:
    world.asked(world.a)
    world.expires()
    assert world.zygote.killed
    assert world.client.busy, "they may exist"
    world.zygote.ends(signal=9)
    assert world.parent.losses == [([world.a], "zygote not answering")]


def test_one_that_gives_no_sign_of_life_is_given_up_with_all_who_wait(world: World) -> None:
    world.client.add([world.a])
    world.expires()
    assert (world.zygote.killed, world.parent.failures) == (True, [(world.a, "zygote not answering")])


def test_a_batch_that_cannot_be_sent_fails_and_the_next_is_sent(world: World) -> None:
    world.ready().zygote.refuses = OSError(errno.EMFILE, "Too many open files")
    world.client.add([world.a])
    assert world.parent.failures == [(world.a, "zygote cannot be asked: Too many open files")]
    world.zygote.refuses = None
    world.client.add([world.b])
    assert world.zygote.asked == [[world.b]]


def test_one_that_died_just_now_is_told_by_its_end_not_by_the_message(world: World) -> None:
    world.ready().zygote.refuses = BrokenPipeError(errno.EPIPE, "Broken pipe")
    world.client.add([world.a])
    assert world.parent.failures == []
    world.zygote.ends(signal=9)
    assert world.parent.losses == [([world.a], "zygote 500 ended (signal 9)")]


def test_one_that_cannot_be_started_fails_all_who_wait(world: World) -> None:
    world.zygotes.fails = OSError(errno.ENOMEM, "Cannot allocate memory")
    world.client.add([world.a])
    [(popen, message)] = world.parent.failures
    assert (popen, "cannot be started" in message, world.client.idle) == (world.a, True, True)


def test_one_that_is_retired_is_seen_to_its_end_and_what_it_says_meanwhile_counts_for_nothing(world: World) -> None:
    old = world.ready().zygote
    world.client.retire()
    assert (old.killed, list(world.client.pids)) == (True, [old.pid])
    old.says(spoiled="a", why="?")
    assert world.parent.notices == []
    old.ends(signal=9)
    assert (list(world.client.pids), len(world.zygotes.all)) == ([], 1)


def test_the_end_of_all_waits_for_each(world: World) -> None:
    world.client.add([world.a])
    world.zygote.says(spoiled="a", why="?")
    world.client.close()
    assert [zygote.waited_for for zygote in world.zygotes.all] == [True, True]
    assert world.client.deadline is None
