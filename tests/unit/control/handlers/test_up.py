"""The verb `up`: whom it starts, and for whom it waits."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.fakes.host import FakeHost
from tests.unit.control.talk import Talk, asks, told

from udaemon.manifest.dependencies import Condition, Dependency
from udaemon.manifest.model import Daemon
from udaemon.policy.events import NeedsChanged, Spawned, StartAsked
from udaemon.policy.instance import Key

WEB, DB, IDLE = Key("web", 0), Key("db", 0), Key("idle", 0)


@pytest.fixture
def host() -> FakeHost:
    """One that needs another, and one that does not start by itself."""
    needs = (Dependency("db", Condition.STARTED),)
    return FakeHost(
        Daemon(name="web", factory="m:f", depends_on=needs),
        Daemon(name="db", command=("db",)),
        Daemon(name="idle", factory="m:f", autostart=False),
    )


def test_what_is_named_is_started_with_what_it_needs(talk: Talk, host: FakeHost) -> None:
    client = asks(talk, "up", names=["web"])
    assert host.asked == [((DB, WEB), StartAsked(alone=False))]
    host.forked(DB, 7)
    host.happen(WEB, NeedsChanged())
    host.forked(WEB, 8)
    talk.until(lambda: client.answered(3))
    assert {name for name, ok, _ in told(client) if ok} == {"db/0", "web/0"}
    assert client.heard[-1]["data"]["failed"] == 0


def test_alone_it_is_started_whatever_it_needs(talk: Talk, host: FakeHost) -> None:
    asks(talk, "up", names=["web"], no_deps=True)
    assert host.asked == [((WEB,), StartAsked(alone=True))]


def test_without_names_nobody_is_started_and_all_that_are_wanted_are_waited_for(talk: Talk, host: FakeHost) -> None:
    host.happen(DB, StartAsked())
    client = asks(talk, "up")
    assert host.asked == [((), StartAsked(alone=False))]
    host.happen(DB, Spawned(7))
    talk.until(lambda: client.answered(2))
    assert told(client) == [("db/0", True, "started as pid 7")]


def test_those_that_start_by_themselves_and_rest_are_started_where_that_is_asked(talk: Talk, host: FakeHost) -> None:
    host.run(DB, 7)
    client = asks(talk, "up", autostart=True)
    assert host.asked == [((WEB,), StartAsked(alone=False))]
    host.forked(WEB, 8)
    talk.until(lambda: client.answered(2))
    assert [name for name, _, _ in told(client)] == ["web/0"]


def test_one_that_crashed_and_is_tried_again_may_still_become_ready(serve: Callable[..., Talk], host: FakeHost) -> None:
    talk = serve(host)
    patient, hasty = (asks(talk, "up", names=["idle"], ready=ready) for ready in (True, False))
    for pid in (20, 21):
        host.happen(IDLE, Spawned(pid))
        host.dies(IDLE, code=1)
    talk.until(lambda: hasty.answered(2))
    talk.settle()
    patient.listen()
    assert (told(hasty)[0][1], told(patient)) == (False, [])


def test_how_long_it_waits_is_bounded(talk: Talk, host: FakeHost) -> None:
    client = asks(talk, "up", names=["db"], timeout=5)
    talk.pass_time(5.0)
    talk.until(lambda: client.answered(1))
    assert "not within 5 s: db/0 is starting" in client.heard[-1]["error"]["message"]
