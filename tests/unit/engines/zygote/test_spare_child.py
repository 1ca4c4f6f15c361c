"""A child in reserve: it waits for what it is to be, and ends where that never comes."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Sequence
from typing import Any

import pytest
from tests.fakes.fork import ends, part
from tests.fakes.full_table import full_table

from udaemon.engines.zygote.pickling import Descriptor
from udaemon.engines.zygote.spare_child import SpareChild, fork_spare


def prepare(common: Sequence[int], shared: dict[Any, Any]) -> None:
    """What all children have in common."""
    shared["common"] = common


@pytest.fixture
def spare(common: tuple[int]) -> SpareChild:
    made = fork_spare(common, None, prepare)
    assert made is not None
    return made


def test_it_becomes_who_is_asked_for(spare: SpareChild) -> None:
    assert spare.become([part(os._exit, 7)])
    assert ends(spare.pid) == 7


def test_it_ends_where_nobody_wants_it(spare: SpareChild) -> None:
    spare.channel.close()
    assert ends(spare.pid) == 0


def test_one_that_has_died_is_of_no_use(spare: SpareChild) -> None:
    os.kill(spare.pid, signal.SIGKILL)
    assert ends(spare.pid) == -signal.SIGKILL
    assert not spare.become([part(os._exit, 7)])


def test_signals_that_were_for_nobody_stop_nobody(spare: SpareChild) -> None:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        os.kill(spare.pid, number)
    assert spare.become([part(os._exit, 7)])
    assert ends(spare.pid) == 7


class Program:
    """A target that is a program of its own, and tells what it has open and what was prepared for it."""

    def __init__(self, where: Descriptor) -> None:
        self.where = where

    def prepare_before_fork(self, _common: Sequence[int], shared: dict[Any, Any]) -> Any:
        def main() -> int:
            told = (shared["common"], sorted(map(int, os.listdir("/proc/self/fd"))), os.getppid())
            os.write(self.where.fd, json.dumps(told).encode())
            return 5

        return main


def test_it_has_what_was_prepared_the_common_descriptors_its_own_and_the_parent_that_stays(
    spare: SpareChild, common: tuple[int]
) -> None:
    read, write = os.pipe()
    assert spare.become([part(Program(Descriptor(write)))])
    os.close(write)
    assert ends(spare.pid) == 5
    told, open_there, parent = json.loads(os.read(read, 9999))
    assert (told, parent) == ([*common], os.getpid())
    own = set(open_there) - {0, 1, 2, *common}
    assert len(own) == 2, "the pipe and the listing"
    os.close(read)


def test_without_descriptors_there_is_none(common: tuple[int]) -> None:
    with full_table():
        assert fork_spare(common, None, prepare) is None


def test_where_it_cannot_be_prepared_there_is_none(common: tuple[int], capfd: pytest.CaptureFixture[str]) -> None:
    def fail(_common: Sequence[int], _shared: dict[Any, Any]) -> None:
        raise RuntimeError("not here")

    assert fork_spare(common, None, fail) is None
    assert "RuntimeError: not here" in capfd.readouterr().err
