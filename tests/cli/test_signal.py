"""`udaemon signal` against a fake supervisor."""

from __future__ import annotations

from tests.cli.conftest import Udaemon
from tests.fakes.service import Service

from udaemon.policy.instance import Key


def test_those_that_live_get_it(udaemon: Udaemon, service: Service) -> None:
    udaemon("start", "mailer/1")
    assert udaemon("signal", "hup", "mailer") == (0, "", "mailer/1 got SIGHUP\nmailer/0 has no process\n")
    assert service.host.sent == [(Key("mailer", 1), "HUP")]


def test_it_fails_when_nobody_got_it(udaemon: Udaemon, service: Service) -> None:
    assert udaemon("-q", "signal", "USR1", "db") == (1, "", "db/0 has no process\n")


def test_a_signal_that_is_none(udaemon: Udaemon, service: Service) -> None:
    said = udaemon("signal", "TERN", "db")
    assert said == (2, "", "udaemon: no such signal: TERN\n  hint: did you mean TERM?\n")
