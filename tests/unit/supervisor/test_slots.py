"""Slots of the scoreboard are given out by key, taken back, used again, and there are always enough."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from udaemon.child.scoreboard import Scoreboard, SlotWriter, map_all
from udaemon.policy.instance import Key
from udaemon.supervisor.slots import Slots, rounded

A, B, C = (Key(name, 0) for name in "abc")


@pytest.fixture
def board(tmp_path: Path) -> Iterator[Scoreboard]:
    board = Scoreboard.create(str(tmp_path / "scoreboard"), 2)
    yield board
    board.close()


def test_slots_are_given_in_order_and_have_their_names(board: Scoreboard) -> None:
    slots = Slots(board, [B, A])
    assert (slots[B], slots[A]) == (0, 1)
    assert (board.find("b/0"), board.find("a/0")) == (0, 1)


def test_who_has_a_slot_keeps_it(board: Scoreboard) -> None:
    slots = Slots(board, [A, B])
    assert slots.take(B) == 1
    assert board.slots == 2


def test_a_slot_that_is_given_back_is_used_again_empty(board: Scoreboard) -> None:
    slots = Slots(board, [A, B])
    SlotWriter.of(map_all(board.fd), 0).taken_over().attach(77)
    slots.give_back(A)
    assert board.find("a/0") is None
    with pytest.raises(KeyError):
        slots[A]
    assert slots.take(C) == 0
    assert (board.find("c/0"), board.read_slot(0), slots[B]) == (0, None, 1)


def test_where_there_is_none_left_the_scoreboard_grows(board: Scoreboard) -> None:
    slots = Slots(board, [A, B])
    assert slots.take(C) == 2
    assert (board.slots, board.find("c/0"), board.find("a/0")) == (18, 2, 0)


def test_room_for_many_is_one_region(board: Scoreboard) -> None:
    slots = Slots(board, [A])
    slots.make_room(40)
    assert board.slots == 2 + 48
    assert [slots.take(Key("d", index)) for index in range(40)] == list(range(1, 41))


@pytest.mark.parametrize(("instances", "expected"), [(0, 16), (1, 16), (16, 16), (17, 32), (1000, 1008)])
def test_there_is_room_for_a_few_more_than_are_declared(instances: int, expected: int) -> None:
    assert rounded(instances) == expected


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 30)), max_size=120))
def test_no_two_have_one_slot_and_none_is_lost(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[bool, int]]
) -> None:
    board = Scoreboard.create(str(tmp_path_factory.mktemp("board") / "scoreboard"), 4)
    slots, here, most = Slots(board), set[Key](), 0
    for comes, index in steps:
        key = Key("d", index)
        if comes:
            slots.take(key)
            here.add(key)
        elif key in here:
            slots.give_back(key)
            here.remove(key)
        most = max(most, len(here))
        assert len({slots[one] for one in here}) == len(here)
        assert all(board.find(str(one)) == slots[one] for one in here)
    assert max((slots[one] for one in here), default=-1) < max(most, 1)
    board.close()
