"""Keeps an exception to the one daemon that brought it out (faults.md F6).

Knows nothing of what is done inside. A class, as a generator with `contextmanager` takes four times as long, and each
event has three of these.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from types import TracebackType

from udaemon.policy.instance import Key


class Isolated:
    """What leaves its block is reported as a bug, and goes no further.

    Args:
        key: Whose the block is.
        bug: Called inside the handler of the exception, with the instance.
    """

    __slots__ = ("_bug", "_key")

    def __init__(self, key: Key, bug: Callable[[str], None]) -> None:
        self._key = key
        self._bug = bug

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if not isinstance(error, Exception):
            return False
        with suppress(Exception):  # without memory even logging fails
            self._bug(str(self._key))
        return True
