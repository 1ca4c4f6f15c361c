"""A zygote's parent, its processes and its link for tests: nothing is forked, and all that is told is written down.

Knows nothing of what a client makes of it: a test plays the zygote.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from udaemon.engines.status import Status
from udaemon.engines.zygote.connection import ZygoteConnection
from udaemon.engines.zygote.popen import Popen
from udaemon.engines.zygote.start import Plan
from udaemon.engines.zygote.wire import Part


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


class FakeConnection(ZygoteConnection):
    """A link to nobody: `says` plays the zygote, `ends` its end."""

    def __init__(
        self,
        plan: Plan,
        on_answer: Callable[[ZygoteConnection, dict[str, Any] | None], None],
        on_end: Callable[[ZygoteConnection, Status], None],
        pid: int,
    ) -> None:
        self.plan = plan
        self.pid = pid
        self.asked: list[list[str]] = []
        self.killed = False
        self.refusal = None
        self.error: OSError | None = None
        self._on_answer = on_answer
        self._on_end = on_end

    def ask(self, births: Sequence[Popen]) -> None:
        """Write down the names; none of them means to go on."""
        if self.error is not None:
            raise self.error
        self.asked.append(list(map(repr, births)))

    def kill(self) -> None:
        self.killed = True

    def kill_and_wait(self) -> None:
        self.killed = True

    def says(self, *answers: Any) -> None:
        """Give these answers, one after the other."""
        for answer in answers:
            self._on_answer(self, cast("dict[str, Any] | None", answer))

    def ends(self, code: int | None = None, signal: int | None = None) -> None:
        """End, by a signal where none of both is given."""
        self._on_end(self, Status(code, 9 if code is None and signal is None else signal, core=False))
