"""The queue before a zygote: in turn, as many as fit, and those that may."""

from __future__ import annotations

import pytest
from tests.fakes.zygote import FakePopen

from udaemon.engines.zygote.popen import Popen
from udaemon.engines.zygote.waiting import Waiting, room
from udaemon.engines.zygote.wire import MAX_FDS

A, B, C = FakePopen("a", fds=3), FakePopen("b", fds=3), FakePopen("c", fds=3)


def anyone(_popen: Popen) -> bool:
    return True


@pytest.fixture
def queue() -> Waiting:
    queue = Waiting()
    queue.add([A, B, C])
    return queue


@pytest.mark.parametrize(
    ("room", "batch", "left"),
    [(9, [A, B, C], []), (8, [A, B], [C]), (6, [A, B], [C]), (5, [A], [B, C]), (0, [A], [B, C])],
)
def test_as_many_as_there_is_room_for_and_one_at_least(
    queue: Waiting, room: int, batch: list[Popen], left: list[Popen]
) -> None:
    assert (queue.take_batch(anyone, room), queue.take_all()) == (batch, left)


def test_who_may_not_yet_keeps_his_turn(queue: Waiting) -> None:
    assert queue.take_batch(lambda popen: popen is not A, 100) == [B, C]
    assert queue.take_all() == [A]


def test_who_is_put_back_comes_first(queue: Waiting) -> None:
    queue.put_back(queue.take_batch(anyone, 6))
    assert queue.take_all() == [A, B, C]


def test_who_is_cancelled_is_gone_once(queue: Waiting) -> None:
    assert (queue.cancel(B), queue.cancel(B), len(queue)) == (True, False, 2)


def test_all_of_a_kind_are_taken_and_the_others_stay(queue: Waiting) -> None:
    assert queue.take(lambda popen: popen is B) == [B]
    assert queue.take(lambda popen: popen is B) == []
    assert queue.take_all() == [A, C]


def test_who_has_more_descriptors_than_a_message_can_carry_is_refused(queue: Waiting) -> None:
    with pytest.raises(ValueError, match=str(MAX_FDS)):
        queue.add([FakePopen("huge", fds=MAX_FDS + 1)])
    assert len(queue) == 3


def test_a_batch_has_no_more_than_a_message_can_carry() -> None:
    assert 0 < room() <= MAX_FDS
