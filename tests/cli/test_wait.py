"""`udaemon wait` against a fake supervisor."""

from __future__ import annotations

import pytest
from tests.cli.conftest import Udaemon
from tests.fakes.service import Service


def test_without_a_condition_it_waits_for_ready(udaemon: Udaemon, service: Service) -> None:
    udaemon("start", "db")
    assert udaemon("wait", "db") == (0, "", "db/0 is ready\n")


def test_it_waits_for_every_instance(udaemon: Udaemon, service: Service) -> None:
    assert udaemon("wait", "mailer@stopped") == (0, "", "mailer/0 is stopped\nmailer/1 is stopped\n")


def test_a_wait_that_times_out_says_what_is_missing(udaemon: Udaemon, service: Service) -> None:
    udaemon("start", "db")
    said = udaemon("wait", "db@stopped", "--timeout", "20ms")
    assert said == (124, "", "udaemon: not within 0.02 s: db/0 is running\n")


@pytest.mark.parametrize("until", ["ready", "run-ok"])
def test_what_can_never_be_is_told_at_once(udaemon: Udaemon, service: Service, until: str) -> None:
    """It used to wait for ever: nothing starts a daemon that rests."""
    said = udaemon("wait", f"mailer/1@{until}")
    assert said == (1, "", "mailer/1 is stopped, and nothing starts it: udaemon start mailer/1\n")


def test_a_condition_that_is_none(udaemon: Udaemon, service: Service) -> None:
    said = udaemon("wait", "db@done")
    assert said.code == 2
    assert said.err == "udaemon: cannot wait for 'done'\n  hint: a daemon can be waited for: ready, stopped, run-ok\n"
