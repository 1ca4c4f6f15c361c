"""Values that cross in one pickle, with descriptors by their place."""

from __future__ import annotations

import os
import pickle
import threading
from multiprocessing import context, reduction
from multiprocessing.connection import Connection

import pytest
from tests.fakes.zygote import FakeParent, FakePopen

from udaemon.engines.zygote.pickling import Descriptor, pack, unpack
from udaemon.engines.zygote.wire import Part


def test_descriptors_arrive_under_their_new_numbers() -> None:
    part = pack({"first": Descriptor(7), "again": [Descriptor(8), Descriptor(7)]}, fds=[40, 41])
    assert part.fds == [40, 41, 7, 8, 7]
    value = unpack(Part(part.data, [90, 91, 92, 93, 94]))
    assert (value["first"].fd, [one.detach() for one in value["again"]]) == (92, [93, 94])


def test_a_value_without_descriptors_is_a_plain_pickle() -> None:
    part = pack(("text", {"number": 1}))
    assert (pickle.loads(part.data), part.fds) == (("text", {"number": 1}), [])


def test_multiprocessing_hands_over_its_descriptors_in_the_same_way() -> None:
    read, write = os.pipe()
    with Connection(read, writable=False) as connection:
        context.set_spawning_popen(FakePopen("a", FakeParent()))  # type: ignore[arg-type]
        try:
            part = pack(connection)
        finally:
            context.set_spawning_popen(None)
        assert part.fds == [read]
    there = os.dup(write)
    arrived = unpack(Part(part.data, [there]))
    assert arrived.fileno() == there
    arrived.close()
    os.close(write)


def test_a_descriptor_is_nothing_to_any_other_pickler() -> None:
    """It would be a number that means another file there."""
    with pytest.raises(TypeError, match="cannot be pickled"):
        reduction.ForkingPickler.dumps(Descriptor(7))


def test_what_cannot_be_pickled_is_told_at_once() -> None:
    with pytest.raises(TypeError, match="cannot pickle"):
        pack(threading.Lock())
