"""One hook's events: what was dropped is told once a burst is over, and a failure not each time."""

from __future__ import annotations

from udaemon.engines.hooks.queues import HookQueue


def test_failures_in_a_row_are_told_at_every_power_of_two() -> None:
    queue = HookQueue("hook of a, exec b")
    told = [queue.failed("exit code 1") for _ in range(9)]
    assert [number for number, sentence in enumerate(told, 1) if sentence] == [1, 2, 4, 8]
    assert told[0] == "hook of a, exec b: an event could not be told: exit code 1"
    assert (told[3] or "").endswith("exit code 1 (4 in a row)")


def test_a_burst_of_drops_ends_when_it_is_quiet_or_has_gone_on_for_long() -> None:
    queue = HookQueue("a")
    assert HookQueue("b").burst_ends is None
    queue.drop(1, 100.0)
    assert queue.burst_ends == 101.0
    for second in range(1, 80):
        queue.drop(2, 100.0 + second)
    assert [queue.burst_ends, queue.dropped] == [160.0, 159]
