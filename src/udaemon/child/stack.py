"""The bottom of a process's stack, and how a forked process comes back there: a daemon's stack begins with the task.

Knows no process and no reason for a fork. A child that went on in the frame it was forked in would show the frames of
its parent's work below the user's code, in every traceback and profile; so it leaves them by an exception that nobody
on the way may catch, and goes on from `at_the_bottom`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

TYPE_CHECKING = False  # every verb loads this, and `typing` is a third of what `ps --json` would load
if TYPE_CHECKING:
    from typing import Any, NoReturn

Life = Callable[[], "Any"]
"""What a process does to its end: returns its exit code, or what it does next from the bottom."""

_left: list[Leave] = []
"""Keeps the frames that were left, so that nothing in them is freed: to close a parent's file is not for a child."""
_has_bottom = False


class Leave(BaseException):
    """Raised by `go_on` alone."""

    def __init__(self, life: Life) -> None:
        super().__init__()
        self.life = life


def at_the_bottom(life: Life) -> Any:
    """Call it, and in each process that is forked meanwhile and leaves, what that goes on with.

    Returns and raises what the call does in the process that made it. All others end here, whatever happens in them:
    the frames below are not theirs.
    """
    global _has_bottom  # noqa: PLW0603 - it is a fact about this process
    first, before, _has_bottom = os.getpid(), _has_bottom, True
    while True:
        try:
            try:
                result = life()
            except Leave as leave:
                _left.append(leave)
                result = leave.life
            if not callable(result):
                if os.getpid() != first:
                    os._exit(result)
                break
            life = result
        except BaseException:
            if os.getpid() != first:
                _end_by(*sys.exc_info())
            _has_bottom = before
            raise
    _has_bottom = before
    return result


def go_on(life: Life) -> NoReturn:
    """In a process that was just forked: leave the frames it was forked in, and do this from the bottom.

    Where the bottom is somebody else's, as in a program that embeds us, it is done in place, and is the bottom itself.
    """
    if _has_bottom:
        raise Leave(life)
    try:
        os._exit(at_the_bottom(life))
    except BaseException:  # noqa: BLE001 - the frames below are the parent's
        _end_by(*sys.exc_info())


def _end_by(*error: Any) -> NoReturn:
    try:
        sys.excepthook(*error)
    finally:
        os._exit(1)
