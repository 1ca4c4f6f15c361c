"""One instance's life, driven by hand: events happen, time passes, and the test looks at what became of it.

Knows no engine and no process: what a process would answer is for the test to say.
"""

from __future__ import annotations

from typing import Any, Self

from udaemon.manifest.model import Daemon
from udaemon.policy.effects import Effect, Publish
from udaemon.policy.events import DeadlineReached, Event, Exited, Ready, Spawned, StartAsked
from udaemon.policy.instance import Instance, State, declared
from udaemon.policy.step import step


def command(**keys: Any) -> Daemon:
    """A daemon that is an external command."""
    return Daemon(name="db", command=("db", "--serve"), **keys)


def factory(**keys: Any) -> Daemon:
    """A daemon whose task is made by a factory."""
    return Daemon(name="mailer", factory="jobs:create", **keys)


class Life:
    """An instance and the only clock it knows.

    Attributes:
        effects: All that was asked for by the last call of `happens` or `after`.
    """

    def __init__(self, daemon: Daemon, *, now: float = 1000.0, jitter: float = 0.0) -> None:
        self.instance: Instance = declared(daemon, 0)
        self.now = now
        self.jitter = jitter
        self.effects: tuple[Effect, ...] = ()

    @classmethod
    def running(cls, daemon: Daemon | None = None, pid: int = 7, *, jitter: float = 0.0) -> Self:
        """A life that has come as far as `running`."""
        life = cls(daemon or command(), jitter=jitter).happens(StartAsked(), Spawned(pid), Ready())
        assert life.state is State.RUNNING
        return life

    def happens(self, *events: Event) -> Self:
        """Let events happen one after the other, now."""
        self.effects = ()
        for event in events:
            self._step(event)
        return self

    def after(self, seconds: float) -> Self:
        """Let time pass; a deadline on the way is told when it is reached, as the loop does."""
        self.effects = ()
        until = self.now + seconds
        while self.instance.deadline is not None and self.instance.deadline <= until:
            self.now = max(self.now, self.instance.deadline)
            self._step(DeadlineReached())
        self.now = until
        return self

    def crashes(self, times: int = 1, *, pid: int = 100, after: float = 0.0) -> Self:
        """End with code 1 so many times, each time started again as soon as the policy allows it."""
        for number in range(times):
            self.after(after).happens(Exited(code=1))
            if number + 1 < times:
                self.starts_again(pid + number)
        return self

    def starts_again(self, pid: int = 8) -> Self:
        """Wait for the next attempt if one is due later, and let it succeed."""
        if self.instance.deadline is not None:
            self.after(self.instance.deadline - self.now)
        return self.happens(Spawned(pid), Ready())

    @property
    def state(self) -> State:
        """What the instance is."""
        return self.instance.state

    @property
    def acts(self) -> tuple[Effect, ...]:
        """The last effects but for what was only told."""
        return tuple(effect for effect in self.effects if not isinstance(effect, Publish))

    @property
    def told(self) -> tuple[str, ...]:
        """The last sentences, each after its word."""
        return tuple(f"{effect.event}: {effect.message}" for effect in self.effects if isinstance(effect, Publish))

    @property
    def waits(self) -> float | None:
        """Seconds until the deadline."""
        return None if self.instance.deadline is None else round(self.instance.deadline - self.now, 6)

    def _step(self, event: Event) -> None:
        self.instance, effects = step(self.instance, event, self.now, self.jitter)
        self.effects += effects


def unchanged(life: Life, *events: Event) -> bool:
    """Whether these events, each by itself, would change nothing and ask for nothing."""
    return all(step(life.instance, event, life.now, life.jitter) == (life.instance, ()) for event in events)
