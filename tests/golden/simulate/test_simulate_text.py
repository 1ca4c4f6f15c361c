"""What `simulate` prints is exactly as it stands beside this: at 80 and 50 columns, and into a pipe.

`UDAEMON_ACCEPT=1 pytest tests/golden` writes the texts anew: read the diff first.
"""

from __future__ import annotations

import os
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from udaemon.manifest.model import Daemon, Manifest
from udaemon.policy.instance import Key
from udaemon.policy.simulation import Setting, cron_times, planned, simulated, staggered
from udaemon.ui.timeline import lines

HERE = Path(__file__).parent
ACCEPT = bool(os.environ.get("UDAEMON_ACCEPT"))
NOON = 1_795_608_000.0  # 2026-11-25T12:00:00Z
DAEMONS = [
    Daemon(name="beat-of-a-daemon-with-a-rather-long-name-for-a-table", factory="jobs:beat", sleep=1800.0),
    Daemon(name="hourly", command=("report",), cron="@hourly", instances=3),
    Daemon(name="nightly", factory="jobs:nightly", cron="30 4 * * *", timezone="Asia/Kathmandu"),
    Daemon(name="quarter", factory="jobs:nightly", cron="*/15 9-17 * * mon-fri", timezone="America/New_York"),
]
SPAN = (NOON, NOON + 86400)


@pytest.mark.parametrize(("name", "width"), [("80", 80), ("50", 50), ("piped", None)])
def test_the_text(name: str, width: int | None) -> None:
    setting = Setting(Manifest(file="/p/u.toml", directory="/p", project="p"), {"TZ": "UTC"}, cron_times(ZoneInfo))
    found, apart = (
        simulated(planned(setting, which, *SPAN), {Key("hourly", 0): 4000.0}) for which in (DAEMONS, staggered(DAEMONS))
    )
    text = "".join(lines(found, apart, SPAN, ZoneInfo("Europe/Berlin"), width, most=12))
    file = HERE / f"{name}.txt"
    if ACCEPT:
        file.write_text(text)
    assert text == file.read_text()


def test_nothing_runs() -> None:
    nothing = simulated((), {})
    assert list(lines(nothing, nothing, SPAN, ZoneInfo("UTC"), 80)) == ["nothing runs by a schedule in this time\n"]


def test_the_bars_of_a_short_time_have_names_of_their_own() -> None:
    setting = Setting(Manifest(file="/p/u.toml", directory="/p", project="p"), {"TZ": "UTC"}, cron_times(ZoneInfo))
    span = (NOON, NOON + 240.0)
    found = simulated(planned(setting, [Daemon(name="beat", factory="jobs:beat", sleep=7.0)], *span), {})
    text = "".join(lines(found, found, span, ZoneInfo("UTC"), 80))
    bars = [line.split("  ")[0] for line in text.split("\n\n")[1].splitlines()]
    assert bars[:3] == ["Wed 12:00:00", "Wed 12:00:10", "Wed 12:00:20"]
    assert len(set(bars)) == len(bars) == 24
