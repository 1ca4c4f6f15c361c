"""The queue of processes that wait for a zygote."""

from __future__ import annotations

import pytest
from tests.fakes.zygote import FakeParent, FakePopen

from udaemon.engines.zygote.waiting import Waiting, room
from udaemon.engines.zygote.wire import MAX_FDS


def queue(*sizes: int) -> Waiting:
    """Processes a, b, c … with so many descriptors each."""
    waiting = Waiting()
    waiting.add(
        FakePopen(name, FakeParent(), root=number, fds=size)
        for number, (name, size) in enumerate(zip("abcdef", sizes, strict=False))
    )
    return waiting


def names(popens: object) -> str:
    assert isinstance(popens, list)
    return "".join(map(repr, popens))


@pytest.mark.parametrize(
    ("sizes", "room", "batches"),
    [
        ((3, 3, 3), 9, ["abc"]),
        ((3, 3, 3), 8, ["ab", "c"]),
        ((9, 1, 1), 3, ["a", "bc"]),
        ((1, 9, 1), 3, ["a", "b", "c"]),
        ((0, 0, 0), 0, ["abc"]),
    ],
)
def test_a_batch_is_as_many_as_there_is_room_for_and_one_at_least(
    sizes: tuple[int, ...], room: int, batches: list[str]
) -> None:
    waiting = queue(*sizes)
    taken = []
    while waiting:
        taken.append(names(waiting.take_batch(lambda _popen: True, room)))
    assert taken == batches


def test_those_that_cannot_be_forked_yet_keep_their_place() -> None:
    waiting = queue(1, 1, 1, 1)
    assert names(waiting.take_batch(lambda popen: popen.root in {1, 2}, 9)) == "bc"
    assert names(waiting.take_batch(lambda _popen: True, 9)) == "ad"


def test_what_is_put_back_comes_first_and_in_its_order() -> None:
    waiting = queue(1, 1, 1)
    batch = waiting.take_batch(lambda _popen: True, 2)
    waiting.put_back(batch)
    assert names(waiting.take(lambda _popen: True)) == "abc"
    assert len(waiting) == 0


def test_some_are_taken_and_the_others_stay() -> None:
    waiting = queue(1, 1, 1)
    assert names(waiting.take(lambda popen: popen.root == 1)) == "b"
    assert names(waiting.take(lambda popen: popen.root == 1)) == ""
    assert names(waiting.take(lambda _popen: True)) == "ac"


def test_one_is_called_off_once() -> None:
    waiting = queue(1)
    [popen] = waiting.take(lambda _popen: True)
    assert not waiting.cancel(popen)
    waiting.add([popen])
    assert waiting.cancel(popen)
    assert len(waiting) == 0


def test_one_that_fits_no_message_is_refused() -> None:
    with pytest.raises(ValueError, match=f"{MAX_FDS} descriptors at most"):
        queue(MAX_FDS + 1)


def test_of_many_that_wait_a_batch_has_fewer() -> None:
    assert room(100) == room() > room(1000) > 0
