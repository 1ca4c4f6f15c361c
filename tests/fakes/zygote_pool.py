"""Zygotes without processes: a test hears what is asked of each, and says what it answers and when it ends.

Knows nothing of what a client should do about it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import count
from typing import Any

from udaemon.engines.status import Status
from udaemon.engines.zygote.connection import ZygoteConnection
from udaemon.engines.zygote.popen import Popen
from udaemon.engines.zygote.start import Plan
from udaemon.engines.zygote.wire import Part


class FakeConnection(ZygoteConnection):
    """One zygote. `asked` are the batches it was asked for, an empty one for leave to go on with its imports."""

    def __init__(
        self,
        pid: int,
        plan: Plan,
        on_answer: Callable[[ZygoteConnection, dict[str, Any] | None], None],
        on_end: Callable[[ZygoteConnection, Status], None],
    ) -> None:
        self.pid = pid
        self.plan = plan
        self.asked: list[list[Popen]] = []
        self.killed = False
        self.waited_for = False
        self.refuses: OSError | None = None
        self.refusal: str | None = None
        self._answers = on_answer
        self._ends = on_end

    def ask(self, popens: Sequence[Popen]) -> None:
        if popens and self.refuses is not None:
            raise self.refuses
        self.asked.append(list(popens))

    def kill(self) -> None:
        self.killed = True

    def kill_and_wait(self) -> None:
        self.killed = self.waited_for = True

    def says(self, **answer: Any) -> None:
        """Let it answer."""
        self._answers(self, answer)

    def babbles(self) -> None:
        """Let it answer what is no answer."""
        self._answers(self, None)

    def is_ready(self) -> None:
        """Let it have imported everything."""
        self.says(ready=True, failed={})

    def ends(self, code: int | None = None, signal: int | None = None) -> None:
        """Let it end."""
        self._ends(self, Status(code=code, signal=signal, core=False))


class Zygotes:
    """What brings them to life. `all` are those there ever were, the oldest first."""

    def __init__(self) -> None:
        self.all: list[FakeConnection] = []
        self.fails: OSError | None = None
        self._pids = count(500)

    @property
    def last(self) -> FakeConnection:
        return self.all[-1]

    def connect(
        self,
        plan: Plan,
        *,
        on_answer: Callable[[ZygoteConnection, dict[str, Any] | None], None],
        on_end: Callable[[ZygoteConnection, Status], None],
    ) -> FakeConnection:
        if self.fails is not None:
            raise self.fails
        self.all.append(FakeConnection(next(self._pids), plan, on_answer, on_end))
        return self.all[-1]


class FakePopen(Popen):
    """A process that is wanted; nothing is pickled for it."""

    def __init__(self, name: str, root: int | None = 0, fds: int = 0, parent: FakeParent | None = None) -> None:
        self.name = name
        self.root = root
        self.part = Part(b"", [0] * fds)
        self.bare = None
        self.origin = None
        self._parent = parent or FakeParent()
        self.pid = None
        self.sentinel = -1
        self.returncode = None

    def __repr__(self) -> str:
        return self.name


class FakeParent:
    """Who wants processes: keeps what it is told."""

    def __init__(self) -> None:
        self.births: list[Popen] = []
        self.failures: list[tuple[Popen, str]] = []
        self.losses: list[tuple[list[Popen], str]] = []
        self.notices: list[str] = []

    def launch(self, popen: Popen) -> None:
        pass

    def forked(self, popen: Popen) -> None:
        self.births.append(popen)

    def failed(self, popen: Popen, message: str) -> None:
        self.failures.append((popen, message))

    def lost(self, popens: Sequence[Popen], message: str) -> None:
        self.losses.append((list(popens), message))

    def notice(self, message: str) -> None:
        self.notices.append(message)


class FakeStarter:
    """Keeps no spare zygote; `closed` once it was closed."""

    def __init__(self) -> None:
        self.closed = False

    @property
    def pids(self) -> Iterator[int]:
        yield from ()

    def close(self) -> None:
        self.closed = True
