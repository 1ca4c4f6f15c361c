"""How late the kernel may end a wait of this process (proc_pid_timerslack_ns(5)). Knows nothing of what waits."""

from __future__ import annotations

from contextlib import suppress


def make_timers_precise() -> None:
    """Have our waits end within microseconds: by default the kernel may be 50 us late to save a wake-up."""
    with suppress(OSError), open("/proc/self/timerslack_ns", "w", encoding="ascii") as slack:
        slack.write("1")
