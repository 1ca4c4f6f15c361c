"""`udaemon stop` and `down` against a fake supervisor."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.cli.conftest import DB, Serve, Udaemon
from tests.fakes.service import Service

from udaemon.policy.events import StopAsked
from udaemon.policy.instance import Key


def test_stop_tells_how_long_each_ran(udaemon: Udaemon, service: Service) -> None:
    udaemon("start", "*")
    assert udaemon("stop", "m*") == (
        0,
        "",
        "mailer/0 stopped (was running 0.0 s)\nmailer/1 stopped (was running 0.0 s)\n",
    )


def test_stop_of_what_does_not_run_is_done(udaemon: Udaemon, service: Service) -> None:
    assert udaemon("stop", "db") == (0, "", "db/0 was not running (stopped)\n")


def test_the_time_before_the_kill_can_be_given(udaemon: Udaemon, service: Service) -> None:
    udaemon("stop", "db", "-t", "1m30s")
    assert service.host.asked == [((Key("db", 0),), StopAsked(timeout=90.0))]


def test_a_duration_that_is_none_is_refused_with_the_right_form(udaemon: Udaemon, service: Service) -> None:
    said = udaemon("stop", "db", "-t", "soon")
    assert said.code == 2
    assert "'soon' is no duration; write 5, 500ms, 10s, 1m30s, 1h" in said.err


def test_down_waits_until_the_supervisor_has_ended(udaemon: Udaemon, serve: Serve) -> None:
    service = serve(DB)
    service.ends_when_down = True
    udaemon("start", "db")
    assert udaemon("down", "-t", "2") == (0, "", "db/0 stopped (was running 0.0 s)\n")
    assert service.host.down == [(False, 2.0)]
    assert not os.path.exists(service.path)


@pytest.mark.parametrize(
    "verb", [["ps"], ["ps", "--json"], ["stop", "db"], ["events"], ["wait", "db"], ["inspect", "db"]]
)
def test_without_a_supervisor_the_line_says_how_to_start_one(udaemon: Udaemon, verb: list[str]) -> None:
    said = udaemon(*verb)
    assert said == (3, "", "udaemon: no supervisor is running for udaemon.toml; start one with: udaemon up\n")


@pytest.mark.parametrize(
    ("verb", "what"),
    [
        ("stop db", "stopped"),
        ("start db", "started"),
        ("restart db", "restarted"),
        ("signal HUP db", "sent HUP"),
        ("down", "stopped"),
    ],
)
def test_a_dry_run_tells_what_would_be_done_and_does_nothing(
    udaemon: Udaemon, serve: Serve, verb: str, what: str
) -> None:
    service = serve(DB)
    assert udaemon(*verb.split(), "--dry-run") == (0, "", f"db/0 would be {what} (is stopped)\n")
    assert (service.host.asked, service.host.sent, service.host.down) == ([], [], [])


def test_down_where_nothing_runs_is_done_already(udaemon: Udaemon) -> None:
    said = udaemon("down")
    assert (said.code, said.out) == (0, "")
    assert said.err.startswith("no supervisor is running for udaemon.toml")


def test_the_way_out_can_be_pasted_where_a_path_has_spaces(udaemon: Udaemon, tmp_path: Path) -> None:
    manifest = tmp_path / "a b.toml"
    said = udaemon("-f", str(manifest), "stop", "x")
    assert said.code == 3
    assert said.err.endswith(f"start one with: udaemon -f '{manifest}' up\n")
