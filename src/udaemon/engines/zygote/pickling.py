"""How a value crosses to a zygote: as one pickle, in which a descriptor is its place among those that are sent along.

Knows no process. What it writes is read by a process that was made by this one; nothing that comes back is unpickled.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Sequence
from multiprocessing.reduction import ForkingPickler
from typing import Any

from udaemon.engines.zygote.wire import Part


class Descriptor:
    """An open file in a value: `fd` is its number here, and after the crossing its number there."""

    def __init__(self, fd: int) -> None:
        self.fd = fd

    def detach(self) -> int:
        """The number, as multiprocessing asks for it; the descriptor is the caller's."""
        return self.fd

    def __reduce__(self) -> str:
        """Be refused by other picklers: there the number would mean another file."""
        raise TypeError("a descriptor cannot be pickled but for a zygote")


def pack(value: Any, fds: Sequence[int] = ()) -> Part:
    """Pickle a value, as multiprocessing does.

    Args:
        value: Any picklable value; its `Descriptor`s are sent along.
        fds: Descriptors that are sent along before these.

    Raises:
        Exception: Whatever an object raises that cannot be pickled.
    """
    file = io.BytesIO()
    pickler = _Pickler(file, [*fds])
    pickler.dump(value)
    return Part(file.getvalue(), pickler.fds)


def unpack(part: Part) -> Any:
    """The value that was packed."""
    global _arrived  # noqa: PLW0603 - an unpickler of our own would be asked for each class, and answer in Python
    _arrived = part.fds
    return pickle.loads(part.data)  # noqa: S301 - see above


class _Pickler(ForkingPickler):
    def __init__(self, file: io.BytesIO, fds: list[int]) -> None:
        super().__init__(file, pickle.HIGHEST_PROTOCOL)
        self.fds = fds

    def reducer_override(self, value: Any) -> Any:
        """A descriptor as its place. This is not asked about plain values, as `persistent_id` would be about each."""
        if type(value) is not Descriptor:
            return NotImplemented
        self.fds.append(value.fd)
        return _received, (len(self.fds) - 1,)


_arrived: Sequence[int] = ()
"""The descriptors that came with what is being unpickled."""


def _received(place: int) -> Descriptor:
    return Descriptor(_arrived[place])
