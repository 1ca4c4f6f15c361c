"""Where descriptors are kept that must outlive this process, each by a name and with what its heir has to know of it.

Knows nobody who keeps one: `service/keeper_link.py` does.
"""

from __future__ import annotations


class FdStore:
    """A store of descriptors (systemd's word). This one keeps nothing: what this process has ends with it."""

    def keep(self, name: str, fd: int, *facts: str) -> None:
        """Keep a copy under this name, in place of one that has it already: `fd` stays the caller's."""

    def drop(self, name: str) -> None:
        """Let go of it; of a name that is not there, nothing."""

    def flush(self) -> None:
        """All that was said until now is to be known before anything else happens."""


NO_STORE = FdStore()
KEPT_LOGGER = "logger"
"""The name of the logger's pidfd."""
KEPT_STDERR = "stderr"
"""That of the file that a supervisor writes to until it stands."""
