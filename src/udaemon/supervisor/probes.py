"""Has asked of each process what `policy/probing.py` wants asked of it, and turns verdicts into events.

Knows no way to ask, and judges nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from typing import Protocol

from udaemon.child.environment import MARKS, surroundings
from udaemon.engines.probing.question import Asked
from udaemon.manifest.implied import implied
from udaemon.manifest.own_instance import for_instance
from udaemon.manifest.probes import Probe, way
from udaemon.policy import probing
from udaemon.policy.events import Event, Verdict
from udaemon.policy.instance import Instance, Key
from udaemon.policy.questions import Question
from udaemon.policy.thresholds import phase


class Asks(Protocol):
    """What has questions asked; `engines/probing/client.py` is the real one."""

    def ask(self, asked: Asked, on_verdict: Callable[[bool, str], None]) -> int:
        """Have this asked from now on. Returns its number."""

    def forget(self, number: int) -> None:
        """Have it asked no more."""


class Probes:
    """What is asked at the moment.

    Args:
        asks: Has it asked; None where nothing can be.
        happen: Called with each verdict as an event.
    """

    def __init__(self, asks: Asks | None, happen: Callable[[Key, Event], None]) -> None:
        self._asks = asks
        self._happen = happen
        self._current: dict[Key, dict[Question, tuple[int, Probe, int]]] = {}

    def look(self, instance: Instance) -> None:
        """Have asked of an instance what is to be asked of it as it is now, and no more."""
        key = instance.key
        if self._asks is None or not (instance.daemon.is_probed or key in self._current):
            return
        wanted, current = probing.asked(instance), self._current.setdefault(key, {})
        for question in Question:
            pid, probe, number = current.get(question, (None, None, 0))
            want = wanted.get(question)
            if want == probe and (want is None or pid == instance.pid):
                continue
            if current.pop(question, None) is not None:
                self._asks.forget(number)
            if want is not None and instance.pid is not None:
                told = partial(self._on_verdict, key, question, instance.pid)
                current[question] = (instance.pid, want, self._asks.ask(_asked(instance, question, want), told))
        if not current:
            del self._current[key]

    def _on_verdict(self, key: Key, question: Question, pid: int, ok: bool, reason: str) -> None:
        self._happen(key, Verdict(question, pid, ok, reason))


def _asked(instance: Instance, question: Question, probe: Probe) -> Asked:
    """The question in the words of the prober. The first one comes when somebody waits for it; others are spread."""
    daemon, how = for_instance(instance.daemon, instance.index), way(probe) or "file"
    spread = phase(str(instance.key), probe.period) if question is Question.HEALTH else 0.0
    asked = Asked(
        id=0,
        way=how,
        what=getattr(probe, how),
        period=probe.period,
        timeout=probe.timeout,
        delay=probe.delay + spread,
        failures=probe.failures,
        successes=probe.successes,
        good=question is Question.HEALTH,
    )
    if how != "exec":
        return asked
    cwd = daemon.cwd or instance.plan.directory
    marks = (instance.plan.project, daemon.name, str(instance.index), str(daemon.instances), instance.plan.context)
    inherited = os.environ if daemon.env_inherit else {}
    env = surroundings(implied(daemon, inherited) | dict(daemon.env), cwd, inherit=daemon.env_inherit)
    env |= dict(zip(MARKS, marks, strict=True))
    return asked._replace(cwd=cwd, env=env)
