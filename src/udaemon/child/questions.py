"""Asks a task's own methods `ready` and `health` between its runs, and reports what their answers come to.

Knows no loop and no clock. Imported only where a task has such methods. What an answer is worth is decided here, by
the thresholds of a probe, so that a task that is asked each second sends a report when something has changed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from math import inf
from typing import Any

from udaemon.child.report import Answered
from udaemon.child.spec import Asked
from udaemon.child.task import StopTask
from udaemon.child.telling import last_line
from udaemon.policy.thresholds import Tally, Thresholds, count

READY, HEALTH = "ready", "health"


class Questions:
    """When which method is asked.

    Args:
        methods: The task's, by what they answer.
        rules: How often each is asked, and how many answers count.
        report: Called with what they come to.
        now: Monotonic seconds.
    """

    def __init__(
        self,
        methods: Mapping[str, Callable[[], Any]],
        rules: Mapping[str, Asked],
        report: Callable[[Answered], object],
        now: float,
    ) -> None:
        self._methods = {question: method for question, method in methods.items() if question in rules}
        self._rules = rules
        self._report = report
        self._tallies = {question: Tally(ok=question != READY) for question in self._methods}
        self._next = {question: now + rules[question].delay for question in self._methods}
        if READY in self._methods and HEALTH in self._methods:
            self._next[HEALTH] = inf  # asked once it is ready
        self._now = now

    @property
    def at(self) -> float:
        """When the next question is due."""
        return min(self._next.values(), default=inf)

    def take(self, now: float) -> Callable[[], Any] | None:
        """What is to be called now, None where no question is due."""
        self._now = now
        question = min(self._next, key=self._next.__getitem__, default=None)
        if question is None or self._next[question] > now:
            return None
        self._next[question] = now + self._rules[question].period
        return partial(self._ask, question)

    def _ask(self, question: str) -> Any:
        """Call the method. Returns what an event loop has to await for its answer, None where it is there."""
        try:
            answer = self._methods[question]()
            if hasattr(type(answer), "__await__"):
                return self._awaited(question, answer)
            self._take(question, ok=_is_yes(answer), reason=_words(question, answer))
        except StopTask:
            raise
        except Exception as error:  # noqa: BLE001 - it is the answer
            self._take(question, ok=False, reason=last_line(error))
        return None

    async def _awaited(self, question: str, answer: Any) -> None:
        try:
            said = await answer
            self._take(question, ok=_is_yes(said), reason=_words(question, said))
        except StopTask:
            raise
        except Exception as error:  # noqa: BLE001 - as above
            self._take(question, ok=False, reason=last_line(error))

    def _take(self, question: str, *, ok: bool, reason: str) -> None:
        rule = self._rules[question]
        before = self._tallies[question]
        thresholds = Thresholds(failures=rule.failures, successes=rule.successes)
        after, news = count(before, thresholds, ok=ok, reason=reason)
        self._tallies[question] = after
        if question == READY and after.ok and self._next.get(HEALTH) == inf:
            self._next[HEALTH] = self._now + self._rules[HEALTH].delay
        still_unwell = question == HEALTH and not (ok or after.ok)  # said again: it may not have been ready before
        if news or still_unwell:
            self._report(Answered(question, after.ok, reason))


def _is_yes(answer: object) -> bool:
    """A method that only raises where something is wrong returns None."""
    return answer is None or bool(answer)


def _words(question: str, answer: object) -> str:
    return f"{question}() is content" if _is_yes(answer) else f"{question}() returned {_shown(answer)}"


def _shown(answer: object) -> str:
    """A falsy answer of a plain kind as it is written, any other by its type: what is in it is the task's own."""
    return repr(answer) if isinstance(answer, bool | int | float) else type(answer).__name__
