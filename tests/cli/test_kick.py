"""`udaemon pause`, `resume` and `kick` against a fake supervisor."""

from __future__ import annotations

from tests.cli.conftest import Serve, Udaemon
from tests.fakes.service import Service

from udaemon.manifest.model import Daemon
from udaemon.policy.events import KickAsked
from udaemon.policy.instance import Key

NIGHTLY = Daemon(name="nightly", command=("report",), cron="@daily")
HELD = "begins no run until it is resumed"


def test_a_pause_is_told_once_and_ends_with_resume(udaemon: Udaemon, service: Service) -> None:
    udaemon("start", "mailer")
    assert udaemon("pause", "mailer/0") == (0, "", f"mailer/0 paused: {HELD}\n")
    assert udaemon("pause", "mailer/0") == (0, "", "mailer/0 is paused already\n")
    assert udaemon("ps", "--json", "mailer/0").out.count('"activity":"paused"') == 1
    assert udaemon("resume", "mailer") == (0, "", "mailer/0 resumed\nmailer/1 is not paused\n")


def test_a_kick_is_for_what_is_up(udaemon: Udaemon, serve: Serve) -> None:
    service = serve(NIGHTLY)
    assert udaemon("kick", "nightly") == (1, "", "nightly/0 is stopped: udaemon start nightly\n")
    udaemon("start", "nightly")
    assert udaemon("kick", "nightly") == (0, "", "nightly/0 kicked\n")
    assert service.host.spawned == [Key("nightly", 0)]
    assert service.host.asked[-1] == ((Key("nightly", 0),), KickAsked())
    assert udaemon("kick", "nightly") == (0, "", "nightly/0 runs again after the run that goes on\n")


def test_a_command_that_goes_on_and_on_has_no_runs(udaemon: Udaemon, service: Service) -> None:
    udaemon("start", "db")
    for verb in ("pause", "kick"):
        said = udaemon(verb, "db")
        assert said == (1, "", "db/0 has no runs: it is a command that goes on until it ends\n")


def test_a_dry_run_asks_for_nothing(udaemon: Udaemon, service: Service) -> None:
    before = list(service.host.asked)
    assert udaemon("pause", "--dry-run", "mailer").code == 0
    assert service.host.asked == before
