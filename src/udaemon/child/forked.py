"""Cleans up in a process that the task forks: nothing of ours stays active there.

Knows no run and no reason for a fork. By whatever means the task forks (os.fork, multiprocessing, pty), Python calls us
in the new process, before any code of the user's: signals mean there what they mean in a Python program, and the slot
and the report socket belong to the daemon alone. Such a process may come back to our loop all the same, by returning,
by `sys.exit` or by an exception: then it ends, as it would have at the end of a program of its own.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # as in signals.py
import _thread
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, NoReturn

from udaemon.child.signals import HANDLED
from udaemon.child.telling import exit_code, finish, show_end

_cuts: list[Callable[[], object]] = []
_masks: dict[int, Any] = {}
"""The signal mask of each thread that is about to fork."""
_forked = False
_hooked = False


def protect(*cuts: Callable[[], object]) -> None:
    """Call these in each process that this one, which is a daemon's, forks from now on."""
    global _hooked  # noqa: PLW0603 - it is a fact about this process
    _cuts[:] = cuts
    if not _hooked:  # not at import: a zygote forks too, and what a hook touches is copied for each daemon
        _hooked = True
        os.register_at_fork(before=_hold_signals, after_in_parent=_let_signals_come, after_in_child=_cut_off)


@contextmanager
def without_trace() -> Iterator[None]:
    """Let `protect` do what it does, and leave no trace of it: what is forked from here is a daemon's own business."""
    global _hooked  # noqa: PLW0603 - it is a fact about this process
    before, _hooked = _hooked, True
    try:
        yield
    finally:
        _hooked = before
        _cuts.clear()


def leave_if_forked(error: BaseException | None = None) -> None:
    """End this process if the task has forked it; to be called wherever the user's code comes back to us.

    Args:
        error: What left the user's code, if it did not return.
    """
    if _forked:
        _leave(error)


def _leave(error: BaseException | None) -> NoReturn:
    """End as a Python program does, without touching the frames below: what they would tidy up is the daemon's."""
    code = 0
    try:
        if error is not None:
            code = exit_code(error)
            show_end(error)
        threading = sys.modules.get("threading")
        if threading is not None:
            with suppress(BaseException):
                threading._shutdown()  # noqa: SLF001 - Python waits for threads, and then calls exit handlers
        finish()
    finally:
        os._exit(code)


def _hold_signals() -> None:
    """Block our signals: Python drops in the new process what arrives before it handles signals again."""
    if _cuts:
        _masks[_thread.get_ident()] = _signal.pthread_sigmask(_signal.SIG_BLOCK, HANDLED)


def _let_signals_come() -> None:
    if (mask := _masks.pop(_thread.get_ident(), None)) is not None:
        _signal.pthread_sigmask(_signal.SIG_SETMASK, mask)


def _cut_off() -> None:
    global _forked  # noqa: PLW0603 - it is a fact about this process
    if _cuts:  # an embedding program may fork after `run`
        _forked = True
        for cut in _cuts:
            cut()
        _cuts.clear()
        processes = sys.modules.get("multiprocessing.process")
        if processes is not None:
            # Python's exit handler would end them, and they are the daemon's.
            processes._children.clear()  # noqa: SLF001 - no other way leads to it
    _let_signals_come()
    _masks.clear()
