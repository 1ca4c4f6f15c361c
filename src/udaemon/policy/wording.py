"""The messages about an instance: how it ended, how long it waits.

Knows no state: values in, text out. One place, so that the common log, `events` and `ps` say the same.
"""

from __future__ import annotations

import signal

from udaemon.policy.instance import Exit
from udaemon.units import seconds


def signal_name(number: int) -> str:
    """SIGKILL for 9; `signal 64` for one without a name."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def ending(end: Exit) -> str:
    """How a process ended: `exit code 3`, `killed by signal 9 (SIGKILL)`; the bare reason where none did."""
    if end.code is not None:
        return f"exit code {end.code}"
    if end.signal is None:
        return end.reason.value
    core = ", core dumped" if end.core else ""
    return f"killed by signal {end.signal} ({signal_name(end.signal)}{core})"


def wait(value: float) -> str:
    """A wait for a person: `at once`, `in 1.5 s`."""
    return "at once" if value <= 0 else f"in {seconds(value)}"


def pids(numbers: tuple[int, ...]) -> str:
    """`pid 7` or `pids 7, 9`."""
    return f"pid{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers))}"
