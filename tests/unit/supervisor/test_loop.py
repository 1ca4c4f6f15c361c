"""The loop: readable things first, then deadlines; a callback that fails harms nobody else."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import define, field

from udaemon.supervisor.loop import Loop


@define
class Due:
    """Something with one deadline, which notes when it was told."""

    deadline: float | None
    story: list[str]
    told: list[float] = field(factory=list)

    def expire(self, now: float) -> None:
        self.deadline = None
        self.told.append(now)
        self.story.append("deadline")


@pytest.fixture
def errors() -> list[str]:
    return []


@pytest.fixture
def loop(errors: list[str]) -> Iterator[Loop]:
    made = Loop(errors.append)
    yield made
    made.close()


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    read, write = os.pipe()
    yield read, write
    for fd in (read, write):
        os.close(fd)


def test_what_is_readable_comes_before_an_overdue_deadline(loop: Loop, pipe: tuple[int, int]) -> None:
    """faults.md F5: a supervisor that was stopped for a minute first hears who has ended meanwhile."""
    story: list[str] = []
    read, write = pipe
    os.write(write, b"x")
    loop.watch(read, lambda: story.append(f"read {os.read(read, 1)!r}"))
    loop.add(Due(time.monotonic() - 60, story))

    loop.turn()

    assert story == ["read b'x'", "deadline"]


def test_a_deadline_is_never_told_early_and_only_once(loop: Loop) -> None:
    """Invariant I13."""
    deadline = time.monotonic() + 0.02
    due = Due(deadline, [])
    loop.add(due)

    while not due.told:
        loop.turn()

    assert [at >= deadline for at in due.told] == [True]
    assert due.deadline is None


def test_f6_a_callback_that_raises_is_reported_and_rests_but_is_never_let_go(
    loop: Loop, errors: list[str], pipe: tuple[int, int]
) -> None:
    """A bug in one handler ends neither the loop nor the other handlers, does not spin, and loses no descriptor."""
    read, write = pipe
    os.write(write, b"x")
    calls: list[float] = []

    def fail() -> None:
        calls.append(time.monotonic())
        if len(calls) == 6:
            os.read(read, 1)
            return
        raise MemoryError

    loop.watch(read, fail)
    loop.add(due := Due(None, []))
    for _ in range(7):
        due.deadline = 0.0
        loop.turn()
    assert (len(due.told), len(calls)) == (7, 5)
    assert errors == [f"fd {read}"] * 5

    while len(calls) < 6:
        loop.turn()
    assert 0.9 < calls[5] - calls[4] < 10.0
    os.write(write, b"x")
    loop.turn()
    assert len(calls) == 7


def test_f6_a_deadline_that_cannot_be_kept_does_not_spin_nor_cost_another(loop: Loop, errors: list[str]) -> None:
    class Broken:
        deadline = 0.0
        calls = 0

        def expire(self, now: float) -> None:
            self.calls += 1
            raise ValueError

    class Mute:
        @property
        def deadline(self) -> float | None:
            raise ValueError

        def expire(self, now: float) -> None:
            """Never called."""

    loop.add(broken := Broken())
    loop.add(Mute())
    loop.add(due := Due(None, []))
    until = time.monotonic() + 0.3
    while time.monotonic() < until:
        due.deadline = time.monotonic() + 0.01
        loop.turn()

    assert len(due.told) > 3
    assert broken.calls == 5
    assert set(errors) == {"a deadline"}


@pytest.mark.parametrize("far", [2**31 / 1000, 25 * 86400.0, 3650 * 86400.0, 1e300, float("inf")])
def test_a_deadline_may_be_farther_away_than_the_kernel_can_wait(
    loop: Loop, errors: list[str], pipe: tuple[int, int], far: float
) -> None:
    read, write = pipe
    got: list[bytes] = []
    loop.watch(read, lambda: got.append(os.read(read, 1)))
    loop.add(due := Due(time.monotonic() + far, []))
    os.write(write, b"x")

    loop.turn()

    assert (got, due.told, errors) == ([b"x"], [], [])


def test_what_cannot_be_watched_is_not_kept(loop: Loop, tmp_path: Path) -> None:
    """epoll takes no regular file (epoll_ctl(2), EPERM), as it takes nothing without memory."""
    called: list[str] = []
    fd = os.open(tmp_path / "file", os.O_RDWR | os.O_CREAT)
    with pytest.raises(PermissionError):
        loop.watch(fd, lambda: called.append("readable"))
    ours, theirs = socket.socketpair()
    os.dup2(ours.fileno(), fd)
    theirs.send(b"x")
    loop.watch_writable(fd, lambda: called.append("writable"))
    loop.turn()
    loop.forget(fd)
    os.close(fd)
    ours.close()
    theirs.close()
    assert called == ["writable"]


def test_f6_one_signal_handler_that_fails_does_not_cost_another(loop: Loop, errors: list[str]) -> None:
    got: list[str] = []

    def fail() -> None:
        raise ValueError

    loop.on_signal(signal.SIGUSR1, fail)
    loop.on_signal(signal.SIGUSR2, lambda: got.append("usr2"))
    os.kill(os.getpid(), signal.SIGUSR1)
    os.kill(os.getpid(), signal.SIGUSR2)
    loop.turn()
    assert (got, errors) == (["usr2"], [f"signal {signal.SIGUSR1:d}"])


def test_a_signal_becomes_a_call_from_the_loop(loop: Loop) -> None:
    got: list[str] = []
    loop.on_signal(signal.SIGUSR1, lambda: got.append("usr1"))

    os.kill(os.getpid(), signal.SIGUSR1)
    loop.turn()

    assert got == ["usr1"]


def test_a_callback_may_forget_another_that_is_ready_too(loop: Loop) -> None:
    """One client's request can end another's connection in the same turn."""
    pipes = [os.pipe() for _ in range(2)]
    called: list[int] = []

    def forget_all(me: int) -> None:
        called.append(me)
        for read, _write in pipes:
            loop.forget(read)

    for read, write in pipes:
        os.write(write, b"x")
        loop.watch(read, lambda read=read: forget_all(read))  # type: ignore[misc]
    loop.turn()
    for pair in pipes:
        for fd in pair:
            os.close(fd)

    assert len(called) == 1


def test_the_end_of_a_turn_comes_after_everything_else(loop: Loop, pipe: tuple[int, int]) -> None:
    story: list[str] = []
    read, write = pipe
    os.write(write, b"x")
    loop.watch(read, lambda: story.append("read"))
    loop.add(Due(0.0, story))
    loop.afterwards(lambda: story.append("end"))

    loop.turn()

    assert story == ["read", "deadline", "end"]


def test_writable_is_asked_for_only_while_wanted(loop: Loop, pipe: tuple[int, int]) -> None:
    _read, write = pipe
    called: list[str] = []

    def once() -> None:
        called.append("writable")
        loop.forget_writable(write)

    loop.watch_writable(write, once)
    loop.turn()
    loop.add(Due(0.0, called))
    loop.turn()

    assert called == ["writable", "deadline"]
