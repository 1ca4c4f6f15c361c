"""A batch of forks: a child of ours for each request, with its own descriptors alone, or what is known of why not."""

from __future__ import annotations

import errno
import json
import os
import pickle
from collections.abc import Sequence
from typing import Any, cast

import pytest
from tests.fakes.fork import ends, part
from tests.fakes.full_table import full_table

from udaemon.engines.zygote.fork_batch import fork_batch
from udaemon.engines.zygote.pickling import Descriptor
from udaemon.engines.zygote.spare_child import SpareChild
from udaemon.engines.zygote.wire import Part


def pids(results: Sequence[tuple[int, int] | None]) -> list[int]:
    """Of those that were forked."""
    assert [result for result in results if result is None or result[1]] == []
    return [result[0] for result in results if result is not None]


def test_each_is_a_child_of_ours_and_told_in_its_place(common: tuple[int]) -> None:
    results = fork_batch([part(os._exit, code) for code in (3, 4, 5)], common)
    assert [ends(pid) for pid in pids(results)] == [3, 4, 5]


def tell(where: Descriptor) -> None:
    """Write down what this process has open, its parent, and its OOM score."""
    with open("/proc/self/oom_score_adj") as file:
        score = int(file.read())
    told = (sorted(map(int, os.listdir("/proc/self/fd"))), os.getppid(), score)
    os.write(where.fd, json.dumps(told).encode())


def test_each_has_the_common_descriptors_and_its_own_and_the_parent_that_stays(common: tuple[int]) -> None:
    pipes = [os.pipe() for _ in range(3)]
    results = fork_batch([part(tell, Descriptor(write)) for _, write in pipes], common, oom_score=321)
    assert [ends(pid) for pid in pids(results)] == [0, 0, 0]
    for read, write in pipes:
        open_there, parent, score = json.loads(os.read(read, 9999))
        listing = set(open_there) - {0, 1, 2, *common, write}
        assert (len(listing), parent, score) == (1, os.getpid(), 321), "only the listing itself is more"
        os.close(read)
        os.close(write)


def test_one_that_cannot_be_prepared_costs_the_others_nothing(
    common: tuple[int], capfd: pytest.CaptureFixture[str]
) -> None:
    results = fork_batch([Part(b"nonsense", ()), part(os._exit, 4)], common)
    assert [ends(pid) for pid in pids(results)] == [1, 4]
    assert "UnpicklingError" in capfd.readouterr().err


def test_what_the_system_refuses_is_an_errno_for_each(common: tuple[int]) -> None:
    requests = [part(os._exit, 3) for _ in range(2)]
    with full_table():
        results = fork_batch(requests, common)
    assert results == [(0, errno.EMFILE)] * 2


class Deadly:
    """Ends whoever unpickles it."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os._exit, (9,)


def test_where_the_process_between_dies_nobody_knows_of_any(common: tuple[int]) -> None:
    assert fork_batch([part(os._exit, 3), Part(pickle.dumps(Deadly()), ())], common) == [None, None]


class Spare:
    """A child in reserve, or what was one."""

    pid = 77

    def __init__(self, *, lives: bool) -> None:
        self.lives = lives
        self.asked: list[Sequence[Part]] = []

    def become(self, requests: Sequence[Part]) -> bool:
        self.asked.append(requests)
        return self.lives


def test_a_child_in_reserve_is_the_one_that_is_asked_for(common: tuple[int]) -> None:
    spare, request = Spare(lives=True), part(os._exit, 3)
    assert fork_batch([request], common, spare=cast("SpareChild", spare)) == [(77, 0)]
    assert spare.asked == [[request]]


def test_where_that_has_gone_one_is_forked(common: tuple[int]) -> None:
    results = fork_batch([part(os._exit, 3)], common, spare=cast("SpareChild", Spare(lives=False)))
    assert [ends(pid) for pid in pids(results)] == [3]
