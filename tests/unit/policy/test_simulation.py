"""What would run when, how many at once, and what begins together."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from attrs import evolve

from udaemon.manifest.chains import AfterRun, Ending
from udaemon.manifest.model import Daemon, Manifest
from udaemon.policy.instance import Key
from udaemon.policy.simulation import Setting, cron_times, expected, planned, simulated, staggered

NOON = 1_795_608_000.0  # 2026-11-25T12:00:00Z
SETTING = Setting(Manifest(file="/p/udaemon.toml", directory="/p", project="p"), {"TZ": "UTC"}, cron_times(ZoneInfo))
BEAT = Daemon(name="beat", factory="jobs:beat", sleep=600.0)
HOURLY = Daemon(name="hourly", command=("report",), cron="@hourly", instances=2)
SERVER = Daemon(name="server", command=("serve",))
OFF = Daemon(name="off", factory="jobs:beat", sleep=1.0, enabled=False)


def test_periods_begin_with_the_start_and_cron_lines_when_they_are_due() -> None:
    runs = list(planned(SETTING, [BEAT, HOURLY, SERVER, OFF], NOON + 60, NOON + 3660))

    beats = [run.at - NOON for run in runs if run.key.name == "beat"]
    assert beats == [60 + 600 * number for number in range(6)]
    assert [run for run in runs if run.key.name == "hourly"] == [
        (NOON + 3600, Key("hourly", 0)),
        (NOON + 3600, Key("hourly", 1)),
    ]
    assert runs == sorted(runs)
    assert expected([BEAT, HOURLY, SERVER, OFF], 3600) == 6 + 2 * 60


def test_what_goes_on_at_once_depends_on_how_long_it_takes() -> None:
    runs = list(planned(SETTING, [BEAT, HOURLY], NOON, NOON + 3600))

    short = simulated(runs, {})
    assert (short.peak, short.peak_at) == (3, NOON)
    assert [(len(herd.keys), herd.times, herd.first_at) for herd in short.herds] == [(3, 1, NOON)]
    long = simulated(runs, {Key("hourly", 0): 900.0, Key("beat", 0): 700.0})
    assert (long.peak, long.peak_at) == (3, NOON)
    assert simulated(runs, {Key("hourly", 0): 5000.0, Key("beat", 0): 1300.0}).peak == 4


def test_stagger_parts_what_begins_together() -> None:
    runs = list(planned(SETTING, staggered([BEAT, HOURLY]), NOON, NOON + 7200))

    assert len(runs) == len({int(run.at) for run in runs})
    assert simulated(runs, {}).herds == ()


def test_the_first_run_may_be_later() -> None:
    late = Daemon(name="late", factory="jobs:beat", sleep=600.0, run_on_start=False)
    early = Daemon(name="early", factory="jobs:beat", cron="@yearly", run_on_start=True)
    assert [run.at - NOON for run in planned(SETTING, [late, early], NOON, NOON + 700)] == [0.0, 600.0]


def test_a_run_is_followed_by_those_that_come_after_it() -> None:
    """As it ends, and they by those that come after them; failed runs are not foreseen."""
    daemons = [
        Daemon(name="export", task="m:f", cron="0 3 * * *"),
        Daemon(name="mail", task="m:f", after_run=(AfterRun("export", Ending.OK),), instances=2),
        Daemon(name="archive", command=("x",), after_run=(AfterRun("mail", Ending.ANY),)),
        Daemon(name="alarm", command=("x",), after_run=(AfterRun("export", Ending.FAILED),)),
    ]
    takes = {Key("export", 0): 60.0}
    start = datetime(2026, 6, 1, tzinfo=UTC).timestamp()
    setting = evolve(SETTING, takes=takes)
    runs = [(run.at - start - 3 * 3600, str(run.key)) for run in planned(setting, daemons, start, start + 86400.0)]
    assert runs == [
        (0.0, "export/0"),
        (60.0, "mail/0"),
        (60.0, "mail/1"),
        (61.0, "archive/0"),
        (61.0, "archive/0"),
    ]
