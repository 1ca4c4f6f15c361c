"""Which modules a zygote does not import, so that each harms nobody but its own daemon.

Knows nothing of why beyond this: one that failed may be mended in a new edition of the code, one that killed, hung,
forked or started a thread is not tried again.
"""

from __future__ import annotations

from collections.abc import Iterable

_FEW = 3
"""So many mishaps in a row that no module can be blamed for, and nothing of the user's is imported any more."""


class Spared:
    """What one kind of zygote has learnt about its modules."""

    def __init__(self) -> None:
        self._failed: set[str] = set()
        self._harmful: set[str] = set()
        self._mishaps = 0

    @property
    def unlucky(self) -> bool:
        """Whether zygotes of this kind end, or go stale, sooner than they are of any use."""
        return self._mishaps >= _FEW

    def wanted(self, modules: Iterable[str]) -> tuple[str, ...]:
        """Those of `modules` that the next zygote shall import."""
        if self.unlucky:
            return ()
        return tuple(name for name in modules if name not in self._failed and name not in self._harmful)

    def failed(self, modules: Iterable[str]) -> None:
        """Their import raised."""
        self._failed.update(modules)

    def harmful(self, module: str) -> None:
        """Its import left the zygote unfit."""
        self._harmful.add(module)

    def stale(self) -> None:
        """The code has changed."""
        self._failed.clear()
        self._mishaps += 1

    def mishap(self) -> None:
        """A zygote ended for no reason that is known."""
        self._mishaps += 1

    def success(self) -> None:
        """A batch was born."""
        self._mishaps = 0
