"""The keeper with many daemons: what `ps` says of sixty is what it said before their supervisor was killed."""

from __future__ import annotations

import os
import signal
from datetime import datetime
from typing import Any

from tests.process.project import Json, Project

FLEET = """
    [daemons.idle]
    factory = "idle:create"
    sleep = "1h"
    instances = 30

    [daemons.command]
    command = "sleep 1000"
    instances = 19
    restart = "always"

    [daemons.well]
    command = "sleep 1000"
    health = { exec = "true", period = "200ms" }

    [daemons.done]
    command = "true"
    restart = "never"
    instances = 4

    [daemons.broken]
    factory = "idle:missing"
    instances = 4

    [daemons.nightly]
    command = "true"
    cron = "0 3 * * *"

    [daemons.spare]
    command = "sleep 1000"
    autostart = false
"""
MOMENTS = ("started_at", "next_at", "at", "next_attempt_at")
"""Times are shown by the wall clock of the moment, which may have been put right by a millisecond meanwhile."""


def test_f1_ps_says_of_sixty_daemons_what_it_said_before(project: Project) -> None:
    project.file("idle.py", "def create():\n    return lambda: None\n")
    project.manifest(FLEET)
    project.run("up", "-d")
    project.run("wait", "idle@run-ok")
    project.until("well", lambda one: one["health"] == "ok")
    project.until("broken", lambda one: one["state"] == "failed", 3)
    project.until("done", lambda one: one["state"] == "exited", 3)
    before = project.ps()

    os.kill(before["supervisor"]["pid"], signal.SIGKILL)
    after = project.ps()

    assert len(before["instances"]) == 60
    assert after["supervisor"]["pid"] != before["supervisor"]["pid"]
    assert [fixed(one) for one in after["instances"]] == [fixed(one) for one in before["instances"]]
    moved = [
        abs(was - now)
        for one, other in zip(before["instances"], after["instances"], strict=True)
        for was, now in zip(moments(one), moments(other), strict=True)
    ]
    assert max(moved) < 0.05


def fixed(told: Json) -> Json:
    """What stays as it is, with tables in it."""
    return {
        key: fixed(value) if isinstance(value, dict) else value
        for key, value in told.items()
        if key not in {"uptime", "rss", *MOMENTS}
    }


def moments(told: Json) -> list[float]:
    """All times in it, in seconds."""
    found: list[float] = []
    for key, value in told.items():
        if isinstance(value, dict):
            found += moments(value)
        elif key in MOMENTS and value is not None:
            found.append(as_seconds(value))
    return found


def as_seconds(value: Any) -> float:
    return datetime.fromisoformat(value).timestamp()
