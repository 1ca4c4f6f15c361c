"""Re-seeds random numbers after a fork, and enables faulthandler, so that a native crash leaves its stack in the log.

Knows no daemon. Python itself gives each fork its own random numbers for `random`, `secrets`, `uuid` and `tempfile`;
numpy does not.
"""

from __future__ import annotations

import faulthandler
import signal
import sys
from contextlib import suppress

_STDERR = 2

STACK_SIGNAL = signal.SIGRTMAX
"""Asks for the stack. No program is known to use this one, and it has a name."""


def has_numbers() -> bool:
    """Whether numpy's generator is loaded."""
    return "numpy.random" in sys.modules


def seed_anew() -> None:
    """Give numpy's global generator a state of its own; called before any of the user's code."""
    with suppress(Exception):  # another module of that name
        sys.modules["numpy.random"].seed()


def watch_for_crashes() -> None:
    """Write the Python stack to stderr when native code crashes, unless the user has configured faulthandler.

    And whenever the supervisor asks for it: faulthandler does so in the signal's handler itself, also where native code
    does not return or a lock is never free.

    Done once for all that are forked from here: handlers and their stack are inherited, and each has its own stderr.
    """
    if not faulthandler.is_enabled():
        faulthandler.enable(_STDERR)
    faulthandler.unregister(STACK_SIGNAL)  # it would not look whether its handler is still there
    faulthandler.register(STACK_SIGNAL, _STDERR)
