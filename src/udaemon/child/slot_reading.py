"""What a slot of the scoreboard said, as values.

Knows nothing of how it is laid out there.
"""

from __future__ import annotations

from typing import NamedTuple


class SlotReading(NamedTuple):
    """What a slot said. Times are monotonic seconds, sizes bytes; None for unknown.

    `count` includes failed runs; `late` counts runs begun after their time because the one before outlasted the period,
    `missed` due times of the calendar that no run has served. `current_started_at` is set while a run is under way.
    What a process wrote stays when it has exited.
    """

    pid: int
    count: int  # type: ignore[assignment]  # hides tuple.count, which means nothing here
    failed: int
    late: int
    current_started_at: float | None
    next_at: float | None
    last_id: int | None
    last_started_at: float | None
    last_duration: float | None
    last_outcome: str | None
    duration_p50: float | None
    duration_p95: float | None
    rss_peak: int | None
    missed: int = 0
