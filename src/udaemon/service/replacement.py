"""`reexec`: the supervisor in charge has the installed code take its place, and stays where that cannot.

Knows no daemon. Another supervisor is started beside this one and rehearses; then the keeper becomes the installed
code; and only then this one leaves, as if it had been killed (`recovery.py`).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, Protocol

from udaemon import __version__
from udaemon.errors import UdaemonError
from udaemon.service.rehearsal import SHOWN

Told = Callable[[Mapping[str, Any] | UdaemonError], None]
"""Gets the versions of the one that takes over, or why it does not."""

_REHEARSES_WITHIN = 15.0
"""Seconds for another supervisor to load its code, which takes half of one, and to say that it can take over."""
_RENEWS_WITHIN = 15.0
_LEAVES_WITHIN = 2.0
"""Seconds in which no start is under way for once, and every hook told: the next supervisor knows of neither."""
_NOTHING_CHANGED = "nothing has changed: udaemon {version} goes on"


class Keeper(Protocol):
    """What is asked of the keeper; `KeeperLink` is the real one. `pid` is None when it has gone."""

    pid: int | None
    on_answer: Callable[[str, str], None]

    def start_next(self, *names: str) -> None:
        """Have another supervisor stand by, and be shown what is kept under names that begin so."""

    def dismiss(self) -> None:
        """None is to stand by any more."""

    def renew(self) -> None:
        """Become the code that is installed now."""


class _Phase(Enum):
    IDLE = "nothing is under way"
    REHEARSING = "does not answer"
    RENEWING = "the keeper does not come back"
    LEAVING = "waits for starts and hooks to be through"


class Replacement:
    """One at a time; add it to the loop for its `deadline`.

    Args:
        link: The keeper; None where there is none.
        settled: Whether no start is under way, and no event of a hook.
        leaving: Whether everything is being stopped.
        leave: Called once all is prepared: with it this process ends.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        link: Keeper | None,
        *,
        settled: Callable[[], bool],
        leaving: Callable[[], bool],
        leave: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.deadline: float | None = None
        self._link = link
        self._settled = settled
        self._leaving = leaving
        self._leave = leave
        self._clock = clock
        self._phase = _Phase.IDLE
        self._dry_run = False
        self._told: Told = lambda _told: None
        self._versions: dict[str, Any] = {}
        if link is not None:
            link.on_answer = self._on_answer

    def ask(self, told: Told, *, dry_run: bool = False) -> None:
        """Have this supervisor replaced; `told` hears of it right before this process ends, or why it goes on.

        Args:
            told: See there.
            dry_run: Only see whether it could be.

        Raises:
            UdaemonError: There is no keeper, or another replacement is under way.
        """
        link = self._link
        if link is None:
            message = "this project runs in the foreground: its daemons end with their supervisor"
            raise UdaemonError(message, "end it and start it again, or start it with udaemon up -d")
        if link.pid is None:
            message = "the keeper of this project was killed: nobody is left to hand its daemons over"
            raise UdaemonError(message, "udaemon down and udaemon up -d start it again")
        if self._phase is not _Phase.IDLE:
            raise UdaemonError("another reexec is under way")
        if self._leaving():
            raise UdaemonError("everything is being stopped")
        self._told, self._dry_run = told, dry_run
        self._enter(_Phase.REHEARSING, _REHEARSES_WITHIN)
        link.start_next(*SHOWN)

    def expire(self, _now: float) -> None:
        """It has taken too long."""
        if self._phase is _Phase.LEAVING:
            self._go()
        elif self._phase is not _Phase.IDLE:
            self._fail(f"it {self._phase.value}" if self._phase is _Phase.REHEARSING else self._phase.value)

    def end_of_turn(self) -> None:
        """Leave, where that is due and nothing is in the way."""
        if self._phase is _Phase.LEAVING and self._settled():
            self._go()

    def keeper_gone(self) -> None:
        """The keeper has ended, and took with it whoever stood by."""
        if self._phase is not _Phase.IDLE:
            self._fail("the keeper has ended")

    def _on_answer(self, kind: str, text: str) -> None:
        if self._phase is _Phase.IDLE or self._link is None:
            return
        if kind == "unable":
            self._fail(text)
        elif kind == "able" and self._phase is _Phase.REHEARSING:
            self._versions = json.loads(text)
            if self._dry_run:
                self._finish()
                self._link.dismiss()
            else:
                self._enter(_Phase.RENEWING, _RENEWS_WITHIN)
                self._link.renew()
        elif kind == "renewed" and self._phase is _Phase.RENEWING:
            self._enter(_Phase.LEAVING, _LEAVES_WITHIN)

    def _go(self) -> None:
        if self._leaving():
            self._fail("everything is being stopped")
            return
        version = self._versions["version"]
        self._finish()
        self._leave(f"of udaemon {__version__} gave way to udaemon {version}")

    def _finish(self) -> None:
        self._enter(_Phase.IDLE, None)
        self._told({"from": __version__, "to": self._versions})

    def _fail(self, why: str) -> None:
        self._enter(_Phase.IDLE, None)
        if self._link is not None:
            self._link.dismiss()
        hint = _NOTHING_CHANGED.format(version=__version__)
        self._told(UdaemonError(f"the installed udaemon cannot take over: {why}", hint))

    def _enter(self, phase: _Phase, within: float | None) -> None:
        self._phase = phase
        self.deadline = None if within is None else self._clock() + within
