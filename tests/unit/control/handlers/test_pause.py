"""The verb `pause`: what each instance is now, told at once."""

from __future__ import annotations

from tests.fakes.host import FakeHost
from tests.unit.control.talk import Talk

from udaemon.policy.instance import Key

M0, M1, DB = Key("mailer", 0), Key("mailer", 1), Key("db", 0)


def outcomes(answer: dict[str, object]) -> list[tuple[str, bool, str]]:
    data = answer["data"]
    assert isinstance(data, dict)
    assert data["failed"] == sum(not one["ok"] for one in data["outcomes"])
    return [(f"{one['name']}/{one['instance']}", one["ok"], one["message"]) for one in data["outcomes"]]


def test_who_has_runs_begins_none_and_is_told_so_once(talk: Talk, host: FakeHost) -> None:
    host.run(M0, 7)
    assert outcomes(talk.ask("pause", names=["mailer/0"])) == [
        ("mailer/0", True, "paused: begins no run until it is resumed")
    ]
    assert host.view(M0).instance.paused
    assert outcomes(talk.ask("pause", names=["mailer/0"])) == [("mailer/0", True, "is paused already")]


def test_one_that_is_not_up_is_paused_for_when_it_is(talk: Talk, host: FakeHost) -> None:
    talk.ask("pause", names=["mailer/1"])
    assert host.view(M1).instance.paused


def test_a_command_that_goes_on_and_on_has_no_runs(talk: Talk, host: FakeHost) -> None:
    host.run(DB, 7)
    assert outcomes(talk.ask("pause", names=["db"])) == [
        ("db/0", False, "has no runs: it is a command that goes on until it ends")
    ]
