"""`udaemon start`, `stop` and `restart` against a fake supervisor."""

from __future__ import annotations

import pytest
from tests.cli.conftest import DB, MAILER, Serve, Udaemon
from tests.fakes.service import Service

from udaemon.manifest.model import Daemon


def test_start_tells_each_instance_on_stderr(udaemon: Udaemon, service: Service) -> None:
    said = udaemon("start", "mailer")
    assert said == (0, "", "mailer/0 started as pid 101\nmailer/1 started as pid 102\n")


def test_start_of_what_runs_is_done(udaemon: Udaemon, service: Service) -> None:
    udaemon("start", "db")
    assert udaemon("start", "db") == (0, "", "db/0 runs already as pid 101\n")


def test_quiet_says_nothing_of_success(udaemon: Udaemon, service: Service) -> None:
    assert udaemon("-q", "start", "*") == (0, "", "")


def test_start_that_fails_is_an_error(udaemon: Udaemon, serve: Serve) -> None:
    serve(Daemon(name="old", command=("x",), enabled=False))
    assert udaemon("-q", "start", "old") == (1, "", "old/0 not started: it is disabled in the manifest\n")


def test_start_stops_waiting_in_time(udaemon: Udaemon, serve: Serve) -> None:
    serve(MAILER, DB, stubborn=["db"])
    said = udaemon("start", "mailer/0", "db", "--wait-timeout", "50ms")
    assert said == (124, "", "mailer/0 started as pid 101\nudaemon: not within 0.05 s: db/0 is starting\n")


def test_a_name_that_is_nearly_right(udaemon: Udaemon, service: Service) -> None:
    said = udaemon("start", "mialer")
    assert said == (4, "", "udaemon: no such daemon: mialer\n  hint: did you mean mailer?\n")


@pytest.mark.parametrize("verb", ["start", "stop", "restart"])
def test_a_name_is_needed(udaemon: Udaemon, service: Service, verb: str) -> None:
    said = udaemon(verb)
    assert said.code == 2
    assert said.err == f"udaemon: Missing argument 'NAME...'.\n  hint: see udaemon {verb} --help\n"


def test_restart_tells_the_new_process(udaemon: Udaemon, service: Service) -> None:
    udaemon("start", "db")
    assert udaemon("restart", "db", "mailer/1") == (
        0,
        "",
        "mailer/1 started as pid 102\ndb/0 restarted as pid 103\n",
    )
