"""The kernel's timer of the wall clock: it ends a wait at a moment, and not before."""

from __future__ import annotations

import select
import time
from math import inf

from udaemon.system.wall_timer import WallTimer


def ready(timer: WallTimer, seconds: float) -> bool:
    return bool(select.select([timer.fd], [], [], seconds)[0])


def test_it_is_ready_when_the_moment_has_come() -> None:
    timer = WallTimer()
    timer.arm(time.time() + 3600)
    assert not ready(timer, 0)
    timer.arm(time.time() - 1)
    assert ready(timer, 5)
    timer.clear()
    assert not ready(timer, 0)


def test_it_may_be_armed_for_never() -> None:
    timer = WallTimer()
    timer.arm(time.time() - 1)
    timer.arm(inf)
    assert not ready(timer, 0)
    timer.clear()
