"""A legacy daemon's entries of the common log: the library's own sentences, and ours in its form."""

from __future__ import annotations

import os
from typing import Any

import pytest

from udaemon.policy.instance import Key
from udaemon.supervisor.legacylog import LegacyLog
from udaemon.supervisor.notices import Notice

NOON = 1_795_521_600.25
HELLO = Key("hello", 0)
DASHES = "--------------------\n"


def entries(log: LegacyLog, event: str, message: str, **data: Any) -> list[str]:
    notice = Notice(NOON, HELLO, event, message, data)
    return [entry.decode().replace(f"[{os.getpid()}]", "[US]") for entry in log.entries(notice)]


def legacy() -> LegacyLog:
    return LegacyLog(lambda key: f"/run/{key.name}-production.pid")


@pytest.mark.parametrize(
    ("reason", "who"), [("stopped", "C+"), ("exception", "C+"), ("task-stopped", "C-"), ("memory", "C-")]
)
def test_a_life_is_told_as_the_library_told_it_and_why_it_ended_beside(reason: str, who: str) -> None:
    log = legacy()

    assert entries(log, "started", "pid 15609", pid=15609) == [
        "11/24/2026 12:00:00 - P- [US] - Daemon created.\n" + DASHES,
        "11/24/2026 12:00:00 - P- [US] - fork called. child pid: 15609.\n" + DASHES,
        "11/24/2026 12:00:00 - C- [15609] - fork called.\n" + DASHES,
        "11/24/2026 12:00:00 - C- [15609] - Creating pid file! pidfileLocation: /run/hello-production.pid"
        " | Pid is 15609.\n" + DASHES,
    ]
    assert entries(log, "exited", "exit code 0", exit={"reason": reason}) == [
        f"11/24/2026 12:00:00 - {who} [15609] - releaseDaemon called.\n" + DASHES,
        f"11/24/2026 12:00:00 - {who} [15609] - releaseDaemon unlinking pidFile!"
        " pidfileLocation: /run/hello-production.pid | Pid is 15609.\n" + DASHES,
        "11/24/2026 12:00:00 - P- [US] - hello/0 exited: exit code 0\n" + DASHES,
    ]


def test_what_the_library_never_told_has_its_form() -> None:
    assert entries(legacy(), "failed", "a\nb") == ["11/24/2026 12:00:00 - P- [US] - hello/0 failed: a\\nb\n" + DASHES]


def test_an_entry_is_short_enough_for_a_pipe_and_keeps_its_dashes() -> None:
    [entry] = entries(legacy(), "failed", "x" * 9000)
    assert len(entry) <= 4096
    assert entry.endswith("x\n" + DASHES)
