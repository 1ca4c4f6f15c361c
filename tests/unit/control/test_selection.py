"""What names in a request mean, and what is said of those that mean nothing."""

from __future__ import annotations

from tests.fakes.host import FakeHost
from tests.unit.control.conftest import DB, MAILER
from tests.unit.control.talk import Talk

from udaemon.policy.instance import Key

M0, M1, DB0 = Key("mailer", 0), Key("mailer", 1), Key("db", 0)


def test_a_daemon_nobody_declared_is_told_with_the_nearest(talk: Talk) -> None:
    for verb in ("start", "stop", "restart", "ps", "logs"):
        error = talk.ask(verb, names=["mialer"])["error"]
        assert error == {"message": "no such daemon: mialer", "hint": "did you mean mailer?", "exit_code": 4}


def test_an_instance_that_is_not_there_is_told_with_those_that_are(talk: Talk) -> None:
    error = talk.ask("stop", names=["mailer/2"])["error"]
    assert error == {"message": "no such instance: mailer/2", "hint": "there is mailer/0 to mailer/1", "exit_code": 4}


def test_globs_and_single_instances_mean_each_instance_once_in_the_manifests_order(talk: Talk, host: FakeHost) -> None:
    talk.ask("stop", names=["db", "m*/1", "mail?r", "mailer/1"])
    assert host.asked[-1][0] == (M0, M1, DB0)
    assert MAILER.instances + DB.instances == 3
