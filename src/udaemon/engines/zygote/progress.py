"""How far one zygote has come, as its client knows it: what it has imported, whose turn it is, what is waited for.

Knows no process and no clock. Each zygote begins with a new one.
"""

from __future__ import annotations

from collections.abc import Sequence

from attrs import define, field

from udaemon.engines.zygote.popen import Popen
from udaemon.waits import earliest

_SLOW = 0.25
"""Seconds of one import after which those that do not need it go elsewhere."""


@define
class Progress:
    """What is known of a zygote.

    Attributes:
        ready: The roots that have all they share; None for all.
        listens: It waits for us.
        loading: The module that it is importing.
        loading_for: The roots that wait for that.
        loading_since: When it began; monotonic seconds, as all times here.
        give_up_at: When it is given up.
        slow_at: When those go elsewhere that do not need what it is importing.
        bare: Why it imports nothing of the user's, None where it does.
    """

    ready: set[int] | None = field(factory=set)
    listens: bool = False
    loading: str | None = None
    loading_for: Sequence[int] = ()
    loading_since: float = 0.0
    give_up_at: float | None = None
    slow_at: float | None = None
    bare: str | None = None

    def can_fork(self, popen: Popen) -> bool:
        """Whether all that this process shares is there."""
        return self.ready is None or popen.root in self.ready

    def needs_the_import(self, popen: Popen) -> bool:
        """Whether this process waits for just what is being imported, or for everything."""
        return popen.root is None or popen.root in self.loading_for

    def imports(self, module: str, roots: Sequence[int], now: float) -> None:
        """An import has begun."""
        self.loading, self.loading_for, self.loading_since, self.slow_at = module, roots, now, None

    def is_waited_for(self, now: float) -> None:
        """Somebody is to be forked; not for longer than is fair to those who do not need what it is importing."""
        if self.loading is not None:
            self.slow_at = max(self.loading_since + _SLOW, now)

    def has_all(self, root: int) -> bool:
        """Whether it has imported what daemons of this root share."""
        return self.bare is None and (self.ready is None or root in self.ready)

    def rests(self) -> None:
        """It has said all it had to say, and waits for us."""
        self.loading, self.give_up_at, self.slow_at = None, None, None
        self.listens = True

    @property
    def deadline(self) -> float | None:
        """The earlier of the two moments."""
        return earliest(self.give_up_at, self.slow_at)
