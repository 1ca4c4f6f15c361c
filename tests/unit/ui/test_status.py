"""The cards of `status` as whole text, at the widths that terminals have."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.fakes.host import WALL, FakeHost, reading

from udaemon.control.handlers.events import told as of_notice
from udaemon.control.handlers.inspect import _instance, declared
from udaemon.control.snapshot import Moment, describe
from udaemon.manifest.model import Daemon
from udaemon.policy.events import Exited, PauseAsked, SpawnFailed, StartAsked
from udaemon.policy.instance import Key
from udaemon.policy.reasons import Trouble
from udaemon.ui.card import Row, render
from udaemon.ui.status import instance_card, project_card

GOLDEN = Path(__file__).parents[2] / "golden" / "status"
ACCEPT = bool(os.environ.get("UDAEMON_ACCEPT"))
NOW = WALL + 195.0
MOMENT = Moment(1195.0, NOW)
LINES = (
    "letter 4711 sent",
    "letter 4712 refused: \\x1b[31mno such street, and a very long reason that has to be wrapped",
)


def host() -> FakeHost:
    """A mailer that runs, and one that crashed."""
    told = FakeHost(
        Daemon(
            name="mailer",
            factory="shop.mail:create",
            sleep=30.0,
            instances=2,
            description="Sends what is due",
            memory_limit=256 * 1024**2,
            log_dir="/srv/shop/log",
        ),
        Daemon(name="broken", command=("nope", "--config", "a file"), log_dir="/srv/shop/log"),
    )
    first, second = Key("mailer", 0), Key("mailer", 1)
    told.run(first, 4021)
    told.run(second, 4022)
    told.happen(Key("broken", 0), StartAsked())
    told.happen(Key("broken", 0), SpawnFailed(Trouble.CONFIG, "exec nope: No such file or directory (ENOENT)"))
    told.clock = 1190.0
    told.happen(second, Exited(code=1, message="ValueError: the queue 'letters' is\x1b[31m unknown"))
    told.clock = 1195.0
    told.slots[first] = reading(
        4021,
        count=7,
        failed=1,
        last_id=7,
        last_started_at=1183.0,
        last_duration=0.4,
        last_outcome="ok",
        next_at=1213.0,
        duration_p50=0.4,
        duration_p95=0.6,
        rss_peak=20_000_000,
    )
    return told


def card(name: str, told: FakeHost | None = None) -> list[Row]:
    told = told or host()
    (view,) = [view for view in told.instances() if str(view.key) == name]
    one = _instance(view, MOMENT, told) | {
        "memory": {"rss": 17_000_000, "limit": view.daemon.memory_limit, "threshold": 70}
    }
    events = [event for event in map(of_notice, told.recent()) if f"{event['name']}/{event['instance']}" == name]
    return instance_card(one, declared(view.daemon), events, log=LINES, place="udaemon.toml:12", now=NOW)


def project() -> list[Row]:
    told = host()
    hello = {
        "project": "shop",
        "context": "production",
        "manifest": told.manifest.file,
        "pid": 4000,
        "uptime": 195.0,
        "states": {"running": 1, "backoff": 1, "failed": 1},
    }
    instances = [describe(view, moment=MOMENT, node="box", rss=lambda _pid, _: None) for view in told.instances()]
    return project_card(hello, instances, [of_notice(notice) for notice in told.recent()], now=NOW)


def golden(name: str, cards: Sequence[Sequence[Row]], columns: int | None, *, color: bool = False) -> None:
    """Compare the whole text with the golden file; UDAEMON_ACCEPT=1 writes it."""
    text = render(cards, columns, color=color)
    if ACCEPT:
        (GOLDEN / f"{name}.txt").write_text(text, encoding="utf-8")
    assert text == (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")
    if columns is not None and not color:
        assert max(len(line) for line in text.splitlines()) <= columns


@pytest.mark.parametrize("columns", [50, 80, None])
@pytest.mark.parametrize("name", ["mailer/0", "mailer/1", "broken/0"])
def test_a_daemon(name: str, columns: int | None) -> None:
    golden(f"{name.replace('/', '-')}-{columns or 'piped'}", [card(name)], columns)


@pytest.mark.parametrize("columns", [50, 80, None])
def test_a_project(columns: int | None) -> None:
    golden(f"project-{columns or 'piped'}", [project()], columns)


def test_in_colour() -> None:
    golden("mailer-1-80-color", [card("mailer/1")], 80, color=True)


def test_several_cards_have_an_empty_line_between_them() -> None:
    assert render([[Row("a", ["1"])], [Row("b", ["2"])]], None) == "a  1\n\nb  2\n"


def test_one_that_is_paused_says_so() -> None:
    told = host()
    told.happen(Key("mailer", 0), PauseAsked())
    rows = card("mailer/0", told)
    assert [row.lines for row in rows if row.label == "next"] == [["paused: begins no run until it is resumed"]]


def test_the_most_memory_is_no_less_than_what_it_has() -> None:
    """The most is measured at the end of a run, and it may have grown since."""
    told = host()
    told.slots[Key("mailer", 0)] = reading(4021, rss_peak=16_000_000)
    assert [row.lines for row in card("mailer/0", told) if row.label == "memory"] == [
        ["16M of 256M, replaced at 70 % (at most 16M)"]
    ]
