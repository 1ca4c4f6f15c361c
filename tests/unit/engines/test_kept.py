"""How a process ended whose parent is somebody else: read off its zombie, or its pidfd, or unknown."""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from udaemon.engines.kept import UNKNOWN, KeptKernel, ending
from udaemon.system.exit_status import Status


class Grandchild:
    """A process whose parent, a child of ours, waits for a word before it reaps."""

    def __init__(self, life: Callable[[], None]) -> None:
        report, far = os.pipe()
        self._near, word = os.pipe(), os.pipe()
        self._word = word[1]
        self._reaped = os.pipe()
        self.parent = os.fork()
        if self.parent == 0:
            pid = os.fork()
            if pid == 0:
                os.read(self._near[0], 1)
                life()
                os._exit(0)
            os.write(far, b"%d\n" % pid)
            os.read(word[0], 1)
            os.waitpid(pid, 0)
            os.write(self._reaped[1], b".")
            os.read(word[0], 1)
            os._exit(0)
        self.pid = int(os.read(report, 20))
        self.pidfd = os.pidfd_open(self.pid)
        self._fds = (report, far, *self._near, *word, *self._reaped)

    def end(self) -> None:
        """Let it end; it is a zombie then."""
        os.write(self._near[1], b".")
        assert select.select([self.pidfd], [], [], 10)[0]

    def be_reaped(self) -> None:
        """Have its parent reap it."""
        os.write(self._word, b".")
        os.read(self._reaped[0], 1)

    def close(self) -> None:
        """End both."""
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)
        os.kill(self.parent, signal.SIGKILL)
        os.waitpid(self.parent, 0)
        for fd in (*self._fds, self.pidfd):
            os.close(fd)


@pytest.fixture
def make() -> Iterator[Callable[[Callable[[], None]], Grandchild]]:
    made: list[Grandchild] = []

    def one(life: Callable[[], None]) -> Grandchild:
        made.append(Grandchild(life))
        return made[-1]

    yield one
    for each in made:
        each.close()


LIVES = [
    (lambda: os._exit(0), Status(code=0, signal=None, core=False)),
    (lambda: os._exit(255), Status(code=255, signal=None, core=False)),
    (lambda: os.kill(os.getpid(), signal.SIGKILL), Status(code=None, signal=9, core=False)),
]


@pytest.mark.parametrize(("life", "status"), LIVES, ids=["exit 0", "exit 255", "killed"])
def test_a_zombie_tells_how_it_ended(
    make: Callable[[Callable[[], None]], Grandchild], life: Callable[[], None], status: Status
) -> None:
    """A process of the same user; it stays a zombie, whoever asks."""
    one = make(life)
    assert ending(one.pidfd) is None
    one.end()
    assert ending(one.pidfd) == status
    assert ending(one.pidfd) == status


@pytest.mark.parametrize(("life", "status"), LIVES, ids=["exit 0", "exit 255", "killed"])
def test_one_that_was_reaped_tells_where_the_kernel_does(
    make: Callable[[Callable[[], None]], Grandchild], life: Callable[[], None], status: Status
) -> None:
    """PIDFD_GET_INFO since Linux 6.15; before that it is unknown, and never a guess."""
    one = make(life)
    one.end()
    one.be_reaped()
    newer = tuple(int(part) for part in os.uname().release.split(".")[:2]) >= (6, 15)
    assert ending(one.pidfd) in ([status] if newer else [status, UNKNOWN])


def test_the_keeper_is_asked_to_reap_what_is_its_child(make: Callable[[Callable[[], None]], Grandchild]) -> None:
    """Once, and only when it has ended; a child of ours is reaped by us."""
    asked: list[int] = []
    one = make(lambda: os._exit(3))
    kernel = KeptKernel(lambda: one.parent, asked.append)
    assert one.pid in kernel.children()
    assert kernel.peek(one.pidfd) is None
    assert kernel.reap(one.pidfd) is None
    one.end()
    assert kernel.peek(one.pidfd) == kernel.reap(one.pidfd) == Status(code=3, signal=None, core=False)
    assert asked == [one.pid]


def test_without_a_keeper_children_are_those_of_this_process(
    make: Callable[[Callable[[], None]], Grandchild],
) -> None:
    """It was killed."""
    one = make(lambda: None)
    assert one.pid not in KeptKernel(lambda: None, lambda _pid: None).children()
