"""Which modules a zygote does not import, so that each harms nobody but its own daemon.

Knows nothing of why beyond this: one that failed may be mended in a new edition of the code, one that killed, hung,
forked, started a thread or left a file open is not tried again.
"""

from __future__ import annotations

from collections.abc import Mapping

from udaemon.engines.zygote.server import Setup

_FEW = 3
"""So many mishaps in a row that no module can be blamed for, and nothing of the user's is imported any more."""
UNLUCKY = "several zygotes in a row have ended for no reason that is known"


class Quarantine:
    """What one kind of zygote has learnt about its modules."""

    def __init__(self) -> None:
        self._failed: dict[str, str] = {}
        self._harmful: dict[str, str] = {}
        self._mishaps = 0
        self._changes = 0

    @property
    def unlucky(self) -> bool:
        """Whether zygotes of this kind end, or go stale, sooner than they are of any use."""
        return self._mishaps >= _FEW or self.restless

    @property
    def restless(self) -> bool:
        """Whether the code changes faster than it is imported, as while it is deployed. That will pass."""
        return self._changes >= _FEW

    @property
    def left_out(self) -> dict[str, str]:
        """Modules that the next zygote shall not import, each with the reason."""
        return self._failed | self._harmful

    def applied_to(self, setup: Setup) -> Setup:
        """What the next zygote shall be, by all that was learnt; while unlucky it imports nothing of the user's."""
        setup = setup._replace(left_out=self.left_out)
        return setup._replace(roots=(), program=None) if self.unlucky else setup

    def failed(self, modules: Mapping[str, str]) -> None:
        """Their import raised."""
        self._failed.update(modules)

    def harmful(self, module: str, why: str) -> None:
        """Its import left the zygote unfit."""
        self._harmful[module] = why

    def stale(self) -> None:
        """The code has changed."""
        self._failed.clear()
        self._changes += 1

    def mishap(self) -> None:
        """A zygote ended for no reason that is known."""
        self._mishaps += 1

    def success(self) -> None:
        """A batch was forked, or is elsewhere."""
        self._mishaps = self._changes = 0
