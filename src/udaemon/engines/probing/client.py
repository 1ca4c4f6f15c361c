"""The supervisor's end of the prober: has questions asked, and hears of verdicts. Starts the prober when there is one.

Knows no daemon. A prober that dies is started anew, and asked the same; verdicts stay until it says otherwise. Nothing
here waits: what the socket does not take goes later.
"""

from __future__ import annotations

from collections.abc import Callable

from udaemon.engines.base import WritableReactor
from udaemon.engines.helper_process import AGAIN_AFTER, HelperProcess
from udaemon.engines.probing.question import Asked
from udaemon.engines.verdict import Verdict

OnVerdict = Callable[[bool, str], None]


class ProberLink:
    """What is asked. Add it to the loop for its `deadline`.

    Args:
        reactor: Watches the socket.
        clock: Monotonic seconds.
        on_death: Called with a sentence when a prober has died.
    """

    def __init__(self, reactor: WritableReactor, clock: Callable[[], float], on_death: Callable[[str], None]) -> None:
        self._clock = clock
        self._on_death = on_death
        self._asked: dict[int, tuple[Asked, OnVerdict]] = {}
        self._prober = HelperProcess(
            "udaemon.engines.probing.prober", reactor, on_verdict=self._heard, on_death=self._died
        )
        self._numbers = 0
        self.deadline: float | None = None

    @property
    def pid(self) -> int | None:
        """The prober."""
        return self._prober.pid

    def ask(self, asked: Asked, on_verdict: OnVerdict) -> int:
        """Have this asked from now on. Returns its number."""
        self._numbers += 1
        numbered = asked._replace(id=self._numbers)
        self._asked[numbered.id] = (numbered, on_verdict)
        if self._prober.is_there:
            self._prober.send("ask", *numbered)
        elif self.deadline is None:
            self._start()
        return numbered.id

    def forget(self, number: int) -> None:
        """Have it asked no more; a verdict that is under way is not heard."""
        if self._asked.pop(number, None) is not None and self._prober.is_there:
            self._prober.send("forget", number)

    def expire(self, _now: float) -> None:
        """Start the next prober."""
        self.deadline = None
        if self._asked:
            self._start()

    def close(self) -> None:
        """End the prober."""
        self._asked.clear()
        self._prober.end()

    def _start(self) -> None:
        if not self._prober.start():
            self.deadline = self._clock() + AGAIN_AFTER
            return
        for asked, _ in tuple(self._asked.values()):
            self._prober.send("ask", *asked)

    def _heard(self, verdict: Verdict) -> None:
        if verdict.number in self._asked:
            self._asked[verdict.number][1](verdict.ok, verdict.reason)

    def _died(self, how: str) -> None:
        self._on_death(f"the prober {how}, and is started again")
        self.deadline = self._clock() + AGAIN_AFTER
