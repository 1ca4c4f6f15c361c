"""The verb `resume`: what each instance is now, told at once."""

from __future__ import annotations

from tests.fakes.host import FakeHost
from tests.unit.control.handlers.test_pause import outcomes
from tests.unit.control.talk import Talk

from udaemon.policy.events import PauseAsked
from udaemon.policy.instance import Key

M0 = Key("mailer", 0)


def test_who_was_paused_goes_on_and_who_was_not_is_told_so(talk: Talk, host: FakeHost) -> None:
    host.run(M0, 7)
    host.happen(M0, PauseAsked())
    assert outcomes(talk.ask("resume", names=["mailer"])) == [
        ("mailer/0", True, "resumed"),
        ("mailer/1", True, "is not paused"),
    ]
    assert not host.view(M0).instance.paused


def test_a_command_that_goes_on_and_on_has_no_runs(talk: Talk) -> None:
    assert [ok for _, ok, _ in outcomes(talk.ask("resume", names=["db"]))] == [False]
