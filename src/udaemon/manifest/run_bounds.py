"""The keys that bound a run.

Knows nothing of what a run does.
"""

from __future__ import annotations

from typing import Any

from udaemon.manifest.keys import Applies, key
from udaemon.manifest.kinds import RUNS
from udaemon.manifest.values import Duration

TASK_TIMEOUT: Any = key(
    "How long a run may take; -1 for any time. One that takes longer has its stack written to the log, and the process "
    "is stopped as `stop` says, which counts as a failure.",
    Duration(low=0.001, unlimited=True),
    example="5m",
    only=RUNS,
    applies=Applies.LIVE,
)
