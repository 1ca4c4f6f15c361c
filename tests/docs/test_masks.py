"""What is compared of an output, and what is not."""

from __future__ import annotations

import pytest
from tests.docs.masks import masked


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("shop runs, supervised by pid 7", "shop runs, supervised by pid 23958"),
        ("2026-11-24T14:01:19.123Z mailer/0 ready", "2031-01-02T03:04:05.006Z mailer/0 ready"),
        ("clock/0 | Tue Nov 24 15:29:00 UTC 2026", "clock/0 | Sun Mar  1 05:09:00 UTC 2031"),
        ("mailer/0 stopped (was running 4.2 s)", "mailer/0 stopped (was running 2 h)"),
        ("log  /home/me/log/web.log", "log  /tmp/a-b/c_d/web.log"),
        ("udaemon 0.1.0", "udaemon 1.22.3.dev4+g12"),
        (
            "NAME  UPTIME   NEXT     LAST RUN       PID  MEMORY\nmailer  1m37s  in 23s  ok 37s ago (0ms)  29490  13M",
            "NAME    UPTIME  NEXT         LAST RUN        PID  MEMORY\nmailer  90ms  in run 8s  ok now (1.5s)  7  9.5M",
        ),
    ],
)
def test_what_changes_with_machine_and_moment_is_not_compared(one: str, other: str) -> None:
    assert masked(one) == masked(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("udaemon.toml: good, 2 daemons", "udaemon.toml: good, 3 daemons"),
        ("udaemon.toml:3:1: error[unknown-key]", "udaemon.toml:4:1: error[unknown-key]"),
        ("mailer/0 exited: killed by signal 9 (SIGKILL)", "mailer/0 exited: killed by signal 15 (SIGTERM)"),
        ('3 | slep = "2s"\n  | ^^^^', '3 | slep = "2s"\n  |  ^^^'),
        ("NAME    STATE\nmailer  running", "NAME    STATE\nmailer  failed"),
        ("NAME    STATE\nmailer  running", "NAME    STATE  ERROR\nmailer  running"),
    ],
)
def test_all_else_is_compared(one: str, other: str) -> None:
    assert masked(one) != masked(other)
