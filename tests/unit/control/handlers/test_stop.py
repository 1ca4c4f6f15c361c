"""The verb `stop`: when it answers, and what of each instance."""

from __future__ import annotations

from tests.fakes.host import FakeHost
from tests.unit.control.conftest import Serve
from tests.unit.control.talk import Talk, asks, told

from udaemon.policy.events import StopAsked
from udaemon.policy.instance import Key

M0, M1, DB0 = Key("mailer", 0), Key("mailer", 1), Key("db", 0)


def test_stop_answers_when_each_instance_has_stopped(talk: Talk, host: FakeHost) -> None:
    host.run(M0, 20)
    host.run(DB0, 7)
    host.clock += 12.0
    client = asks(talk, "stop", names=["mailer/0", "db"], timeout=4)
    assert host.asked[-1] == ((M0, DB0), StopAsked(timeout=4.0))
    assert host.sent == [(M0, "TERM"), (DB0, "TERM")]
    host.dies(DB0, signal=15)
    host.dies(M0, code=0)
    talk.until(lambda: client.answered(3))
    assert told(client) == [
        ("db/0", True, "stopped (was running 12 s)"),
        ("mailer/0", True, "stopped (was running 12 s)"),
    ]


def test_outcomes_of_one_turn_of_the_loop_come_together(serve: Serve, host: FakeHost) -> None:
    """A thousand daemons that stop in one turn would wake their client a thousand times."""
    talk = serve(host)
    host.run(M0, 20)
    host.run(M1, 21)
    host.run(DB0, 7)
    client = asks(talk, "stop", names=["mailer", "db"])
    host.dies(M0, code=0)
    host.dies(DB0, signal=15)
    assert not client.answered()
    talk.pass_time(0.0)
    assert client.answered(2)
    host.dies(M1, code=0)
    assert client.answered(4)
    assert [one for one, _, _ in told(client)] == ["mailer/0", "db/0", "mailer/1"]


def test_who_is_sent_away_has_been_told_what_was_known(serve: Serve, host: FakeHost) -> None:
    talk = serve(host)
    host.run(M0, 20)
    host.run(DB0, 7)
    client = asks(talk, "stop", names=["mailer/0", "db"])
    host.dies(M0, code=0)
    talk.server.give_way()
    assert client.answered(2)
    assert [one for one, _, _ in told(client)] == ["mailer/0"]
    assert client.heard[-1]["error"]["replaced"]


def test_who_follows_hears_the_last_word_of_a_supervisor_that_ends(serve: Serve, host: FakeHost) -> None:
    """It is said after the last turn of the loop."""
    talk = serve(host)
    client = asks(talk, "events", follow=True)
    host.tell(None, "down", "all daemons have stopped")
    talk.server.close()
    assert client.hung_up()
    assert client.heard[-1]["data"]["events"][0]["event"] == "down"


def test_stop_of_what_does_not_run_is_done_already(talk: Talk) -> None:
    assert told(asks(talk, "stop", names=["db"])) == [("db/0", True, "was not running (stopped)")]


def test_stop_tells_that_it_took_a_kill(talk: Talk, host: FakeHost) -> None:
    host.run(DB0, 7)
    client = asks(talk, "stop", names=["db"], hurry=True)
    host.clock += 0.1
    host.dies(DB0, signal=9)
    talk.until(lambda: client.answered(2))
    assert told(client) == [("db/0", True, "stopped by SIGKILL (was running 0.1 s)")]


def test_stop_in_backoff_ends_the_waiting(talk: Talk, host: FakeHost) -> None:
    host.run(DB0, 7)
    host.dies(DB0, code=1)
    host.forked(DB0, 8)
    host.dies(DB0, code=1)
    assert host.view(DB0).instance.state == "backoff"
    assert told(asks(talk, "stop", names=["db"])) == [("db/0", True, "stopped (was waiting to be started again)")]


def test_f39_twenty_stops_at_once_all_get_the_final_state(talk: Talk, host: FakeHost) -> None:
    host.run(DB0, 7)
    clients = [asks(talk, "stop", names=["db"]) for _ in range(20)]
    assert host.sent == [(DB0, "TERM")]
    host.dies(DB0, code=0)
    talk.until(lambda: all(client.answered(2) for client in clients))
    assert {client.heard[-1]["data"]["failed"] for client in clients} == {0}
