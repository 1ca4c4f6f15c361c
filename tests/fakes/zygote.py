"""Zygotes, their parent and their processes for tests: nothing is forked, and all that is told is written down.

Knows nothing of what a client makes of it: a test plays the zygote.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast

from udaemon.engines.zygote.connection import ZygoteConnection
from udaemon.engines.zygote.popen import Popen
from udaemon.engines.zygote.start import Plan
from udaemon.engines.zygote.wire import Part
from udaemon.system.exit_status import Status


class FakePopen(Popen):
    """A process that is only a name; what a zygote says of it is believed."""

    def __init__(self, name: str, parent: FakeParent, *, root: int | None = None, fds: int = 3) -> None:
        self.name = name
        self.pid = None
        self.root = root
        self.bare = None
        self.origin = None
        self.part = Part(name.encode(), [0] * fds)
        self._parent = parent

    def __repr__(self) -> str:
        return self.name

    def told(self, result: Any) -> bool:
        """Exist as soon as a pid is named."""
        if result[0] > 1:
            self.pid = result[0]
            self._parent.forked(self)
            return True
        return super().told(result)


class FakeParent:
    """Writes down what becomes of each process, in order."""

    def __init__(self) -> None:
        self.told: list[tuple[str, ...]] = []
        self.notices: list[str] = []

    def launch(self, popen: Popen) -> None:
        """Leave it to the test."""

    def forked(self, popen: Popen) -> None:
        self.told.append(("forked", repr(popen)))

    def failed(self, popen: Popen, message: str) -> None:
        self.told.append(("failed", repr(popen), message))

    def lost(self, popens: Sequence[Popen], message: str) -> None:
        self.told.extend(("lost", repr(popen), message) for popen in popens)

    def notice(self, message: str) -> None:
        self.notices.append(message)


OnAnswer = Callable[[ZygoteConnection, dict[str, Any] | None], None]
OnEnd = Callable[[ZygoteConnection, Status], None]


class FakeConnection(ZygoteConnection):
    """A connection to nobody: `says` plays the zygote, `ends` its end."""

    def __init__(self, plan: Plan, on_answer: OnAnswer, on_end: OnEnd, pid: int) -> None:
        self.plan = plan
        self.pid = pid
        self.refusal = None
        self.asked: list[list[str]] = []
        self.killed = False
        self.waited_for = False
        self.error: OSError | None = None
        self._on_answer = on_answer
        self._on_end = on_end

    def ask(self, popens: Sequence[Popen]) -> None:
        """Write down the names; none of them means to go on."""
        if self.error is not None:
            raise self.error
        self.asked.append(list(map(repr, popens)))

    def kill(self) -> None:
        self.killed = True

    def kill_and_wait(self) -> None:
        self.killed = self.waited_for = True

    def says(self, *answers: Any) -> None:
        """Give these answers, one after the other."""
        for answer in answers:
            self._on_answer(self, cast("dict[str, Any] | None", answer))

    def ends(self, code: int | None = None, signal: int | None = None) -> None:
        """End, by a signal where none of both is given."""
        self._on_end(self, Status(code, 9 if code is None and signal is None else signal, core=False))


class Zygotes:
    """What starts them. `all` are those there ever were, the oldest first; their pids are 100 and so on."""

    def __init__(self) -> None:
        self.all: list[FakeConnection] = []
        self.fails: Exception | None = None

    @property
    def last(self) -> FakeConnection:
        return self.all[-1]

    def connect(self, plan: Plan, *, on_answer: OnAnswer, on_end: OnEnd) -> FakeConnection:
        if self.fails is not None:
            raise self.fails
        self.all.append(FakeConnection(plan, on_answer, on_end, pid=100 + len(self.all)))
        return self.last


class FakeStarter:
    """Keeps no preforked zygote; `closed` once it was closed."""

    def __init__(self) -> None:
        self.closed = False

    @property
    def pids(self) -> Iterator[int]:
        yield from ()

    def close(self) -> None:
        self.closed = True
