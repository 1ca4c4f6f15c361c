"""The verb `signal`: whom it is sent to, and how it may be spelled."""

from __future__ import annotations

import pytest
from tests.fakes.host import FakeHost
from tests.unit.control.talk import Talk

from udaemon.policy.instance import Key

M0, M1, DB0 = Key("mailer", 0), Key("mailer", 1), Key("db", 0)


def test_signal_is_sent_to_those_that_live(talk: Talk, host: FakeHost) -> None:
    host.run(M1, 21)
    answer = talk.ask("signal", names=["mailer"], signal="sighup")
    assert host.sent == [(M1, "HUP")]
    assert answer["data"] == {"signal": "HUP", "sent": ["mailer/1"], "not_running": ["mailer/0"]}


@pytest.mark.parametrize("spelled", ["USR1", "sigusr1", "SIGUSR1", "10"])
def test_a_signal_may_be_spelled_in_any_usual_way(talk: Talk, host: FakeHost, spelled: str) -> None:
    host.run(DB0, 7)
    talk.ask("signal", names=["db"], signal=spelled)
    assert host.sent == [(DB0, "USR1")]


def test_a_signal_that_is_none_is_refused_with_the_nearest(talk: Talk, host: FakeHost) -> None:
    error = talk.ask("signal", names=["db"], signal="TERN")["error"]
    assert error == {"message": "no such signal: TERN", "hint": "did you mean TERM?", "exit_code": 2}
    assert host.sent == []
