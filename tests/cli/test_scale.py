"""`udaemon scale` against a fake supervisor."""

from __future__ import annotations

import json

import pytest
from tests.cli.conftest import DB, Serve, Udaemon
from tests.fakes.service import Service

from udaemon.policy.instance import Key


def test_what_lacks_is_started_and_what_is_too_much_stops(udaemon: Udaemon, service: Service) -> None:
    udaemon("start", "mailer")
    more = udaemon("scale", "mailer=3", "db=0")
    assert more == (0, "", "mailer 2 → 3 instances\ndb 1 → 0 instances\nmailer/2 started as pid 103\n")
    assert [one["drift"] for one in json.loads(udaemon("ps", "--json", "mailer").out)["instances"]] == [True] * 3
    fewer = udaemon("scale", "mailer=2", "--now")
    assert fewer.err.splitlines() == ["mailer 3 → 2 instances", "mailer/2 stopped (was running 0.0 s)"]
    assert service.host.changed[-1][1] is True


def test_those_that_were_stopped_are_started(udaemon: Udaemon, service: Service) -> None:
    assert udaemon("scale", "mailer=1").err.splitlines()[-1] == "mailer/0 started as pid 101"
    assert udaemon("scale", "mailer=1") == (0, "", "mailer has 1 already\n")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["mailer"], 2, "'mailer' says not how many of what; write mailer=3"),
        (["mailer="], 2, "write mailer=3"),
        (["mailer=-1"], 2, "write mailer=3"),
        (["mailer=1.5"], 2, "write mailer=3"),
        (["=3"], 2, "write mailer=3"),
        (["mailer=1", "mailer=2"], 2, "one name has two numbers"),
        (["mailer=20000"], 2, "a daemon has 0 to 10000 instances"),
        (["mailer/0=2"], 2, "mailer/0 is one instance"),
        ([], 2, "Missing argument"),
        (["mailer=3", "mialer=1"], 4, "did you mean mailer?"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    udaemon: Udaemon, service: Service, arguments: list[str], code: int, said: str
) -> None:
    answer = udaemon("scale", *arguments)
    assert (answer.code, answer.out) == (code, "")
    assert said in answer.err
    assert service.host.changed == []


def test_a_dry_run_changes_nothing(udaemon: Udaemon, service: Service) -> None:
    udaemon("start", "mailer/0")
    asked = list(service.host.asked)
    assert udaemon("scale", "mailer=3", "db=0", "--dry-run") == (
        0,
        "",
        "mailer/1 would be started\nmailer/2 would be started\ndb/0 would be stopped\n",
    )
    assert udaemon("scale", "--dry-run", "mailer/0=1").code == 2
    assert (service.host.changed, service.host.asked) == ([], asked)


def test_a_wait_that_times_out_is_124_and_the_change_goes_on(udaemon: Udaemon, serve: Serve) -> None:
    service = serve(DB, stubborn=["db"])
    assert udaemon("scale", "db=2", "--wait-timeout", "10ms").code == 124
    assert service.host.manifest.daemons["db"].instances == 2


def test_one_without_instances_is_known_and_cannot_be_started(udaemon: Udaemon, service: Service) -> None:
    udaemon("scale", "db=0")
    service.call(lambda: service.host.take_away(Key("db", 0)))
    assert udaemon("ps").err == "db is scaled to 0, the manifest says 1\n"
    assert udaemon("stop", "db") == (0, "", "")
    for verb in (["start", "db"], ["restart", "db"]):
        assert udaemon(*verb).err == (
            "udaemon: there is no instance of db: scaled to 0\n  hint: udaemon scale db=1 adds one\n"
        )
    assert udaemon("start", "db/0").code == 4
