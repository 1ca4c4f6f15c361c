"""Tests of the start method by itself, used as any context of multiprocessing."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection

import pytest

from udaemon.engines.tree import children
from udaemon.engines.zygote.context import ZygoteContext
from udaemon.engines.zygote.threads import is_alone

Wait = Callable[..., list[int]]


@pytest.fixture
def context() -> Iterator[ZygoteContext]:
    made = ZygoteContext(["json"])
    yield made
    made.close()


def describe(connection: Connection) -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    connection.send((multiprocessing.current_process().name, os.getpid(), parent.pid, parent.is_alive()))


def test_a_process_starts_talks_and_is_joined(context: ZygoteContext) -> None:
    here, there = multiprocessing.Pipe()
    process = context.Process(target=describe, args=(there,), name="worker")
    process.start()
    there.close()
    assert here.recv() == ("worker", process.pid, os.getpid(), True)
    process.join(10)
    assert (process.exitcode, process.is_alive()) == (0, False)
    here.close()
    process.close()


@pytest.mark.parametrize("code", [0, 1, 3, 255])
def test_the_exit_code_is_exact(context: ZygoteContext, code: int) -> None:
    process = context.Process(target=sys.exit, args=(code,))
    process.start()
    process.join(10)
    assert process.exitcode == code
    process.close()


def test_it_is_a_child_of_ours_that_can_be_ended(context: ZygoteContext, wait: Wait) -> None:
    process = context.Process(target=signal.pause)
    process.start()
    assert process.pid in children()
    assert process.is_alive()
    assert process in multiprocessing.active_children()
    process.terminate()
    wait([process.sentinel], timeout=10, what="the end of a process")
    assert process.exitcode == -signal.SIGTERM
    assert process not in multiprocessing.active_children()
    process.close()


def test_the_zygote_serves_many_and_dies_with_the_context(context: ZygoteContext) -> None:
    before = children()
    for _ in range(3):
        process = context.Process(target=os.getpid)
        process.start()
        process.join(10)
        process.close()
    assert len(children() - before) == 1
    context.close()
    assert children() == before


def test_the_zygote_imports_nothing_heavy(context: ZygoteContext) -> None:
    heavy = {"attr", "attrs", "click", "rich", "udaemon.manifest"}
    process = context.Process(target=exec, args=(f"import sys; sys.exit(len(sys.modules.keys() & {heavy}))",))
    process.start()
    process.join(10)
    assert process.exitcode == 0
    process.close()


def test_a_process_that_cannot_be_started_says_why(context: ZygoteContext, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    with pytest.raises(OSError, match="zygote cannot be started: exec /no/such/python"):
        context.Process(target=os.getpid).start()


def look_around() -> None:
    before = is_alone()
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    meanwhile = is_alone()
    stop.set()
    thread.join()
    sys.exit(4 * before + 2 * meanwhile + is_alone())


def test_f16_a_second_thread_is_noticed_as_long_as_it_lives(context: ZygoteContext) -> None:
    process = context.Process(target=look_around)
    process.start()
    process.join(10)
    assert process.exitcode == 5
    process.close()
