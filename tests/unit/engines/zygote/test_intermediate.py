"""The process between a zygote and its children: forked with the signals held back, and gone before a child goes on."""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress

import pytest
from tests.fakes.fork import ends, in_a_fork, part
from tests.fakes.full_table import full_table

from udaemon.child.signals import OTHERS, STOPS
from udaemon.engines.zygote.intermediate import (
    become_intermediate,
    fork_intermediate,
    own_pidfd,
    prepared,
    wait_for_parent,
)
from udaemon.engines.zygote.wire import Part

HELD = {int(number) for number in (*STOPS, *OTHERS)}


def blocked() -> list[int]:
    return sorted(map(int, signal.pthread_sigmask(signal.SIG_BLOCK, ())))


@pytest.fixture(autouse=True)
def nothing_open() -> Iterator[None]:
    before = len(os.listdir("/proc/self/fd"))
    yield
    assert len(os.listdir("/proc/self/fd")) == before


def test_it_says_what_it_has_forked_and_ends_by_its_code() -> None:
    def be(report: int) -> int:
        os.write(report, b"told")
        return 7

    pid, report = fork_intermediate(be)
    assert ends(pid) == 7
    assert os.read(report, 99) == b"told"
    os.close(report)


def test_a_child_that_may_have_no_files_does_not_fail_for_it() -> None:
    """Its limit is set before it waits; what it opens then fails with a better word."""

    def be(_report: int) -> int:
        between = os.pidfd_open(os.getppid())
        resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
        wait_for_parent(between)
        return 7

    pid, report = fork_intermediate(be)
    assert ends(pid) == 7
    os.close(report)


def test_who_looks_early_is_not_held_up() -> None:
    def be(_report: int) -> int:
        signal.pause()
        return 0

    pid, report = fork_intermediate(be)
    with pytest.raises(BlockingIOError):
        os.read(report, 99)
    os.kill(pid, signal.SIGKILL)
    assert ends(pid) == -signal.SIGKILL
    os.close(report)


def test_a_signal_that_comes_before_there_are_handlers_waits() -> None:
    before = blocked()
    assert not set(before) >= HELD

    def be(report: int) -> int:
        os.write(report, json.dumps(blocked()).encode())
        return 0

    pid, report = fork_intermediate(be)
    assert ends(pid) == 0
    assert set(json.loads(os.read(report, 9999))) == HELD | set(before)
    assert blocked() == before
    os.close(report)


def test_the_ends_of_its_children_are_not_lost_to_a_module_that_ignores_them() -> None:
    def act() -> bool:
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        pid, _report = fork_intermediate(lambda _report: 3)
        return ends(pid) == 3

    assert in_a_fork(act)


def test_without_descriptors_there_is_none_and_the_signals_are_as_before() -> None:
    before = blocked()
    with full_table(), pytest.raises(OSError, match="Too many open files"):
        fork_intermediate(lambda _report: 0)
    assert blocked() == before


def test_it_has_no_handlers_no_standard_input_and_its_children_s_oom_score() -> None:
    def act() -> list[object]:
        signal.signal(signal.SIGUSR1, lambda _number, _frame: None)
        become_intermediate(500)
        with open("/proc/self/oom_score_adj") as file:
            return [signal.getsignal(signal.SIGUSR1) is signal.SIG_DFL, sys.stdin is None, int(file.read())]

    assert in_a_fork(act) == [True, True, 500]


def test_it_has_our_oom_score_where_none_is_said() -> None:
    def score() -> str:
        with open("/proc/self/oom_score_adj") as file:
            return file.read()

    def act() -> bool:
        before = score()
        become_intermediate(None)
        return score() == before

    assert in_a_fork(act)


def state(pid: int) -> str:
    """`R` for running, `S` for sleeping, `Z` for a zombie (proc_pid_stat(5))."""
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rpartition(")")[2].split()[0]


def is_open(fd: int) -> bool:
    with suppress(OSError):
        os.fstat(fd)
        return True
    return False


def test_a_child_waits_until_that_has_gone_and_keeps_nothing_of_it() -> None:
    read, write = os.pipe()
    parent = os.fork()
    if parent == 0:
        os.close(write)
        os.read(read, 1)
        os._exit(0)
    between = os.pidfd_open(parent)
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(write)
        again = os.dup(between)
        os.write(tell, b"waits")
        wait_for_parent(between)
        os.write(tell, b"gone" if select.select([again], [], [], 0)[0] else b"lives")
        os._exit(is_open(between))
    assert os.read(told, 9) == b"waits"
    while state(child) == "R":  # until it is held up, or has ended without that
        os.sched_yield()
    os.close(write)
    assert (ends(child), ends(parent), os.read(told, 9)) == (0, 0, b"gone")
    for fd in (read, between, told, tell):
        os.close(fd)


def test_where_nobody_can_see_it_there_is_nothing_to_wait_for() -> None:
    with full_table():
        assert own_pidfd() is None
    wait_for_parent(None)


def test_it_is_seen_by_its_pidfd() -> None:
    pidfd = own_pidfd()
    assert pidfd is not None
    with open(f"/proc/self/fdinfo/{pidfd}") as info:
        assert f"Pid:\t{os.getpid()}\n" in info.read()
    os.close(pidfd)


def test_what_a_child_does_is_made_of_what_was_asked_for() -> None:
    life = prepared(part(os.getpid), (0,), {})
    assert life() is not None


def test_one_that_cannot_be_prepared_ends_with_its_traceback_and_is_alone(capfd: pytest.CaptureFixture[str]) -> None:
    life = prepared(Part(b"nonsense", ()), (0,), {})
    assert life() == 1
    assert "UnpicklingError" in capfd.readouterr().err
