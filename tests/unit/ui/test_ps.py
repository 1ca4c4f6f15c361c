"""The table of `ps` as whole text, at the widths that terminals have."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
from tests.fakes.host import WALL, FakeHost, reading

from udaemon.control.snapshot import Moment, snapshot, timestamp
from udaemon.manifest.model import Daemon
from udaemon.policy.events import Exited, SpawnFailed, StartAsked
from udaemon.policy.instance import Key
from udaemon.policy.reasons import Reason, Trouble
from udaemon.ui.ps import table

GOLDEN = Path(__file__).parents[2] / "golden" / "ps"
NOW = WALL + 195.0
ACCEPT = bool(os.environ.get("UDAEMON_ACCEPT"))


def shown(host: FakeHost) -> list[dict[str, Any]]:
    moment = Moment(host.now(), WALL + host.clock - 1000.0)
    told = snapshot(host, host.instances(), moment=moment, pid=1, node="box", rss=lambda _pid, _: 17_000_000)
    instances: list[dict[str, Any]] = told["instances"]
    return instances


def calm() -> list[dict[str, Any]]:
    """Two daemons that have just begun: nothing failed, nothing ran late."""
    host = FakeHost(Daemon(name="mailer", factory="m:f", sleep=30.0), Daemon(name="db", command=("redis",)))
    host.run(Key("mailer", 0), 4021)
    host.run(Key("db", 0), 4022)
    host.clock = 1195.0
    host.slots[Key("mailer", 0)] = reading(
        4021, count=7, last_id=7, last_started_at=1183.0, last_duration=0.4, last_outcome="ok", next_at=1213.0
    )
    return shown(host)


def busy() -> list[dict[str, Any]]:
    """One of everything that can be told."""
    host = FakeHost(
        Daemon(name="log-processor", factory="m:f", sleep=30.0, instances=2, log_dir="/srv/shop/log"),
        Daemon(name="mailer", factory="m:f", sleep=5.0, log_dir="/srv/shop/log"),
        Daemon(name="db", command=("redis",), log_dir="/srv/shop/log"),
        Daemon(name="broken", command=("nope",), log_dir="/srv/shop/log"),
        Daemon(name="old", command=("x",), enabled=False, log_dir="/srv/shop/log"),
    )
    first, second, mailer, db = (Key("log-processor", 0), Key("log-processor", 1), Key("mailer", 0), Key("db", 0))
    for pid, key in enumerate((first, second, mailer, db), 4021):
        host.run(key, pid)
    host.happen(Key("broken", 0), StartAsked())
    host.happen(Key("broken", 0), SpawnFailed(Trouble.CONFIG, "exec nope: No such file or directory (ENOENT)"))
    host.clock = 1190.0
    host.dies(db, signal=9)
    host.forked(db, 4030)
    for pid in (4031, 4032):
        host.dies(mailer, code=1, message="ValueError: the queue 'letters' is\x1b[31m unknown")
        host.forked(mailer, pid)
    host.clock = 1190.2
    host.errors[mailer] = "ValueError: the queue 'letters' is\x1b[31m unknown"
    host.slots[first] = reading(
        4021,
        count=1207,
        failed=3,
        late=2,
        last_id=1207,
        last_started_at=1178.0,
        last_duration=0.4,
        last_outcome="ok",
        next_at=1208.0,
        duration_p50=0.41,
        duration_p95=0.66,
    )
    host.slots[second] = reading(
        4022,
        count=12,
        current_started_at=1188.0,
        last_id=12,
        last_started_at=1158.0,
        last_duration=0.03,
        last_outcome="ok",
        duration_p50=0.03,
        duration_p95=0.04,
    )
    host.slots[mailer] = reading(
        4031, count=3, failed=3, last_id=3, last_started_at=1189.9, last_duration=0.1, last_outcome="failed"
    )
    host.log_states[db] = "blocked (ENOSPC)"
    host.clock = 1190.5
    return shown(host)


def long() -> list[dict[str, Any]]:
    """Names of 44 letters, and one that was replaced for its memory."""
    host = FakeHost(
        Daemon(name="nightly-export-of-customer-invoices-to-sftp-1", factory="m:f", sleep=30.0),
        Daemon(name="nightly-export-of-customer-invoices-to-sftp-2", factory="m:f", sleep=30.0, instances=2),
        Daemon(name="db", command=("redis",)),
    )
    keys = [view.key for view in host.instances()]
    for pid, key in enumerate(keys, 4021):
        host.run(key, pid)
        host.slots[key] = reading(
            pid,
            count=40 + pid % 10,
            last_id=7,
            last_started_at=1183.0,
            last_duration=12.5,
            last_outcome="ok",
            next_at=1213.0,
        )
    host.clock = 1190.0
    host.happen(keys[0], Exited(code=0, reason=Reason.MEMORY))
    host.forked(keys[0], 4030)
    host.clock = 1195.0
    return shown(host)


def golden(name: str, text: str) -> None:
    """Compare the whole text with the golden file; UDAEMON_ACCEPT=1 writes it."""
    if ACCEPT:
        (GOLDEN / f"{name}.txt").write_text(text, encoding="utf-8")
    assert text == (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("columns", [50, 60, 80, 120, 200])
def test_a_calm_project(columns: int) -> None:
    text = table(calm(), NOW, columns)
    golden(f"calm-{columns}", text)
    assert max(len(line) for line in text.splitlines()) <= columns


@pytest.mark.parametrize("columns", [50, 60, 80, 120, 200])
def test_a_project_with_one_of_everything(columns: int) -> None:
    text = table(busy(), WALL + 190.5, columns)
    golden(f"busy-{columns}", text)
    assert max(len(line) for line in text.splitlines()) <= columns


@pytest.mark.parametrize("columns", [50, 80, 120])
def test_a_long_name_takes_no_column_from_the_others(columns: int) -> None:
    text = table(long(), NOW, columns)
    golden(f"long-{columns}", text)
    assert max(len(line) for line in text.splitlines()) <= columns
    assert "LAST RUN" in text


def replaced(reason: Reason, *, code: int | None = None, signal: int | None = None) -> list[dict[str, Any]]:
    """A daemon that was replaced when it had ended for a reason, and whose runs fail."""
    host = FakeHost(Daemon(name="order-confirmations", factory="m:f", sleep=30.0))
    key = host.instances()[0].key
    host.run(key, 4021)
    host.clock = 1190.0
    host.happen(key, Exited(code=code, signal=signal, reason=reason))
    host.forked(key, 4022)
    host.errors[key] = "ValueError: the queue is unknown"
    host.slots[key] = reading(
        4022, count=41, failed=3, last_id=7, last_started_at=1191.0, last_duration=1.5, last_outcome="failed"
    )
    host.clock = 1195.0
    return shown(host)


@pytest.mark.parametrize("reason", list(Reason))
@pytest.mark.parametrize("columns", [50, 80, 120, None])
def test_the_reason_of_an_end_is_told_at_every_width(reason: Reason, columns: int | None) -> None:
    told = replaced(reason, code=0)
    said = "code 0" if reason is Reason.EXITED else reason.value
    heading, row = table(told, NOW, columns).splitlines()
    assert row[heading.index("LAST EXIT") :].startswith(said)
    assert row[heading.index("LAST RUN") :].startswith("failed 4.0s ago")


@pytest.mark.parametrize(
    ("signal", "said"), [(9, "killed"), (11, "killed SEGV"), (64, "killed RTMAX"), (99, "killed by signal 99")]
)
def test_a_signal_is_told_by_its_name(signal: int, said: str) -> None:
    assert f"{said} 5.0s ago" in table(replaced(Reason.KILLED, signal=signal), NOW, None)


def test_a_column_without_a_text_is_not_there() -> None:
    assert not {"LAST EXIT", "ERROR", "RESTARTS", "LOG STATE"} & set(table(calm(), NOW, None).split("  "))


def test_without_a_terminal_nothing_is_left_out_or_cut() -> None:
    golden("busy-piped", table(busy(), WALL + 190.5, None))


def test_wide_tells_everything_whatever_the_terminal() -> None:
    golden("busy-wide", table(busy(), WALL + 190.5, 60, wide=True))


@pytest.mark.parametrize("columns", [50, 80, 120])
def test_states_and_errors_are_coloured(columns: int) -> None:
    text = table(busy(), WALL + 190.5, columns, color=True)
    golden(f"busy-{columns}-color", text)
    assert re.sub(r"\x1b\[[0-9;]*m", "", text) == table(busy(), WALL + 190.5, columns)
    assert "\x1b[32mrunning\x1b[0m" in text
    assert "\x1b[33mbackoff\x1b[0m" in text
    assert "\x1b[31mfailed\x1b[0m" in text


def test_no_daemons_leave_the_headings() -> None:
    assert table([], NOW, 80) == "NAME  STATE\n"


@pytest.mark.parametrize(
    ("outcome", "code", "said"),
    [("ok", 0, None), ("ok", 3, "code 3 5.0s ago"), ("failed", 0, "code 0 5.0s ago"), (None, 0, "code 0 5.0s ago")],
)
def test_the_end_of_a_good_run_of_a_command_is_told_once(outcome: str | None, code: int, said: str | None) -> None:
    host = FakeHost(Daemon(name="reports", command=("report",), sleep=900.0))
    key = host.instances()[0].key
    host.slots[key] = reading(4021, count=1, last_id=1, last_started_at=1189.0, last_duration=1.0, last_outcome=outcome)
    host.clock = 1195.0
    (one,) = shown(host)
    end = {"code": code, "signal": None, "reason": "exited", "at": timestamp(WALL + 190.0)}
    heading, row = table([one | {"exit": end}], NOW, None).splitlines()
    assert ("LAST EXIT" in heading) is (said is not None)
    assert (said or "") in row
