"""The dispositions of signals in a process of ours: at their default, survived, or blocked (signal(7)).

Knows nothing of what a signal means to a daemon: `child.signals` does.
"""

from __future__ import annotations

# The wrappers in `signal` turn numbers into enums and back, which touches pages that a fresh fork shares.
import _signal  # type: ignore[import-not-found]
import signal
from types import FrameType

PYTHON_IGNORES = (int(signal.SIGPIPE), int(signal.SIGXFSZ))
# A list made before the fork: what a child touches first is copied first, and making this touches much.
ALL_SIGNALS = tuple(int(number) for number in signal.valid_signals() if number not in (signal.SIGKILL, signal.SIGSTOP))
_FAULTS = (signal.SIGILL, signal.SIGTRAP, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGSEGV, signal.SIGSYS)
_KEPT = (*_FAULTS, *PYTHON_IGNORES, signal.SIGCHLD, signal.SIGCONT, signal.SIGURG, signal.SIGWINCH)
DEADLY = tuple(number for number in ALL_SIGNALS if number not in _KEPT)
"""What ends or stops a process by default (signal(7)), but for what tells it of a fault of its own."""
FOR_A_SUPERVISOR = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP)
"""By which people and service managers talk to one; its keeper passes them on."""


def clean_signals() -> None:
    """Give every signal the disposition it has in a new Python program. What is so already is left untouched.

    As in every such program a broken pipe is an exception and no death; programs that the task starts get defaults.
    """
    signal.set_wakeup_fd(-1)
    for number in ALL_SIGNALS:
        wanted = _signal.SIG_IGN if number in PYTHON_IGNORES else _signal.SIG_DFL
        if _signal.getsignal(number) not in (wanted, None):
            _signal.signal(number, wanted)


def survive_signals() -> None:
    """Let none of the deadly signals harm this process; what one shall mean is said after this.

    They are handled, and not ignored: what is ignored stays so in the programs that this process starts (execve(2)).
    """
    for number in DEADLY:
        signal.signal(number, _survive)


def _survive(_number: int, _frame: FrameType | None) -> None:
    """Do nothing: the signal only must not kill this process."""


def block_signals() -> None:
    """Let none of the deadly signals come to this process; who is forked from it lets them come."""
    _signal.pthread_sigmask(_signal.SIG_BLOCK, DEADLY)


def unblock_signals() -> None:
    """Unblock all signals."""
    _signal.pthread_sigmask(_signal.SIG_SETMASK, ())
