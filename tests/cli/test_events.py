"""`udaemon events` against a fake supervisor."""

from __future__ import annotations

import json
import os
import signal

from tests.cli.conftest import Udaemon
from tests.fakes.service import Service


def test_the_last_events_are_shown_a_line_each(udaemon: Udaemon, service: Service) -> None:
    udaemon("start", "db")
    assert udaemon("events") == (0, "2026-11-24T14:00:00.000Z db/0 started: pid 101\n", "")


def test_what_a_daemon_wrote_is_shown_escaped(udaemon: Udaemon, service: Service) -> None:
    service.host.tell(None, "warning", "pid file \x1b[31m\u202e")
    assert udaemon("events").out == "2026-11-24T14:00:00.000Z udaemon warning: pid file \\x1b[31m\\u202e\n"


def test_json_is_an_object_a_line(udaemon: Udaemon, service: Service) -> None:
    udaemon("start", "*")
    said = udaemon("events", "mailer/0", "--json")
    assert [json.loads(line)["event"] for line in said.out.splitlines()] == ["started", "ready"]


def test_following_ends_with_the_supervisor(udaemon: Udaemon, service: Service) -> None:
    service.ends_when_down = True
    host = service.host

    def happens() -> None:
        host.tell(None, "leaving", "stops all daemons")
        host.shut_down()

    host.on_subscribe = lambda: service.call(happens)
    said = udaemon("events", "-f")
    assert said == (
        0,
        "2026-11-24T14:00:00.000Z udaemon leaving: stops all daemons\n",
        "the supervisor has ended\n",
    )


def test_ctrl_c_ends_following_with_130(udaemon: Udaemon, service: Service) -> None:
    service.host.on_subscribe = lambda: os.kill(os.getpid(), signal.SIGINT)
    assert udaemon("events", "--follow") == (130, "", "")
