"""Descriptors that cross to a child together with its pickled process object.

Knows nothing of what they are. `multiprocessing` asks the start method how to pickle a descriptor: here as a place in
the list of those that are sent along. Those that all processes of a zygote have in common, it got at its beginning.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.reduction import DupFd
from typing import Any

_offered: Sequence[int] = ()
_common: Sequence[int] = ()


class Place:
    """What multiprocessing calls a DupFd: `detach` gives the descriptor's number in the child."""

    def __init__(self, index: int) -> None:
        self._index = index

    def detach(self) -> int:
        """The descriptor; it is the caller's."""
        return _offered[self._index]


class Inherited:
    """An argument of a process that is a descriptor's number here, and its number there in the child."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def __reduce__(self) -> tuple[Any, ...]:
        """Unpickle as a plain number."""
        return (_arrive, (DupFd(self._fd),))


class Common:
    """An argument of a process that is a descriptor which all of its zygote's have: its number there."""

    def __init__(self, index: int) -> None:
        self._index = index

    def __reduce__(self) -> tuple[Any, ...]:
        """Unpickle as a plain number."""
        return (_take, (self._index,))


@contextmanager
def offered(fds: Sequence[int], common: Sequence[int]) -> Iterator[None]:
    """Let what is unpickled find its descriptors, and those that it shares with the others."""
    global _offered, _common  # noqa: PLW0603 - unpickling has no other way to be given anything
    _offered, _common = fds, common
    try:
        yield
    finally:
        _offered = _common = ()


def _arrive(place: Place) -> int:
    return place.detach()


def _take(index: int) -> int:
    return _common[index]
