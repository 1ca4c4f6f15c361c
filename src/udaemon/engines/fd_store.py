"""Where descriptors are kept that must outlive this process, each by a name and with what its heir has to know of it.

Knows nobody who keeps one: `service/keeper_link.py` does.
"""

from __future__ import annotations

from typing import Protocol


class FdStore(Protocol):
    """A store of descriptors (systemd's word). It keeps copies: what is given to it stays the caller's."""

    def keep(self, name: str, fd: int, *facts: str) -> None:
        """Keep a copy under this name, in place of one that has it already."""

    def drop(self, name: str) -> None:
        """Let go of it; of a name that is not there, nothing."""

    def flush(self) -> None:
        """All that was said until now is to be known before anything else happens."""


class NoStore:
    """Keeps nothing: what this process has ends with it."""

    def keep(self, name: str, fd: int, *facts: str) -> None:
        """Do nothing."""

    def drop(self, name: str) -> None:
        """Do nothing."""

    def flush(self) -> None:
        """Do nothing."""


NO_STORE = NoStore()
