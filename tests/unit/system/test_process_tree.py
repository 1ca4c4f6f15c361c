"""Processes as /proc shows them: our own and one that is not there; tests/process/test_engine_tree.py has children."""

from __future__ import annotations

import os

from udaemon.system.process_tree import children, descendants, look_at

NO_PID = 2**30
"""No process of this machine has it."""


def test_what_has_gone_has_nothing_to_show() -> None:
    assert (look_at(NO_PID), descendants(NO_PID)) == (None, frozenset())


def test_we_are_seen_as_we_are() -> None:
    seen = look_at(os.getpid())
    assert seen is not None
    assert (seen.pid, seen.session, seen.zombie) == (os.getpid(), os.getsid(0), False)
    assert os.getpid() not in children()
