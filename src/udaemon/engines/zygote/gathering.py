"""Makes the code that each child runs lie together, on fewer of the pages that each child copies.

Knows nothing of what it does. A call counts a reference in the code's object, which so is written to; as it was loaded,
that lies between the code of what no child calls.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType, FunctionType
from typing import Any

from udaemon.engines.zygote.free_blocks import take_free_blocks


def lay_together(call: Callable[[], object]) -> None:
    """Call it, and then make the code of each function that it has called anew, one after the other.

    Python has to learn about that code again. A function within another one keeps its code.
    """
    called: dict[int, FunctionType] = {}

    def note(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call" and (function := _function_of(frame)) is not None:
            called.setdefault(id(function), function)

    former = sys.getprofile()
    sys.setprofile(note)
    try:
        call()
    finally:
        sys.setprofile(former)
    take_free_blocks()
    codes = [function.__code__ for function in called.values()]  # kept, or the next new one takes the place of one
    for function, code in zip(called.values(), codes, strict=True):
        function.__code__ = code.replace()


def _function_of(frame: FrameType) -> FunctionType | None:
    """The function that runs in a frame, found by its name in its module."""
    found: Any = None
    names: Any = frame.f_globals
    for name in frame.f_code.co_qualname.split("."):
        found = names.get(name)
        names = getattr(found, "__dict__", {})
    found = getattr(found, "fget", None) or getattr(found, "__func__", None) or found
    return found if isinstance(found, FunctionType) and found.__code__ is frame.f_code else None
