"""What `pause`, `resume` and `kick` have in common: who is asked, and what is answered of whom."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.fakes.host import FakeHost

from udaemon.control.request import Request
from udaemon.control.run_control import ask_about_runs
from udaemon.errors import NoSuchDaemon
from udaemon.frames import HEADER
from udaemon.manifest.model import Daemon
from udaemon.policy.events import KickAsked, PauseAsked
from udaemon.policy.instance import Instance, Key

MAILER = Daemon(name="mailer", task="jobs:mail", sleep=60.0, instances=2)
DB = Daemon(name="db", command=("db",))


class Client:
    """Keeps what it is answered."""

    def __init__(self) -> None:
        self.answers: list[Any] = []

    def send(self, frame: bytes, *, last: bool) -> None:
        assert last
        self.answers.append(json.loads(frame[HEADER:])["data"])

    def after(self, seconds: float, callback: Callable[[], None]) -> Callable[[], None]:
        raise AssertionError("these verbs are answered at once")

    def bug(self, what: str) -> None:
        raise AssertionError(what)


@pytest.fixture
def host() -> FakeHost:
    return FakeHost(MAILER, DB)


def asked(
    host: FakeHost,
    *names: str,
    event: PauseAsked | KickAsked = PauseAsked(),  # noqa: B008 - it cannot be changed
    told: Callable[[Instance, Instance], str | None] = lambda _before, _after: "done",
    only_up: bool = False,
) -> tuple[list[str], int]:
    """Each outcome in one line, and how many have failed."""
    client = Client()
    ask_about_runs(host, Request("pause", {"names": list(names)}, client), event, told, only_up=only_up)
    (answer,) = client.answers
    lines = [f"{one['name']}/{one['instance']} {one['ok']} {one['message']}" for one in answer["outcomes"]]
    return lines, answer["failed"]


def test_each_instance_that_is_named_has_an_outcome_in_the_manifests_order(host: FakeHost) -> None:
    host.run(Key("mailer", 1), 7)
    no_runs = "db/0 False has no runs: it is a command that goes on until it ends"
    assert asked(host) == (["mailer/0 True done", "mailer/1 True done", no_runs], 1)
    assert asked(host, "mailer/1") == (["mailer/1 True done"], 0)


def test_it_is_told_what_an_instance_was_and_is(host: FakeHost) -> None:
    seen: list[tuple[bool, bool]] = []

    def told(before: Instance, after: Instance) -> str:
        seen.append((before.paused, after.paused))
        return "paused"

    asked(host, "mailer/0", told=told)
    assert seen == [(False, True)]


def test_what_has_no_runs_is_not_asked(host: FakeHost) -> None:
    asked(host)
    assert [view.instance.paused for view in host.instances()] == [True, True, False]


@pytest.mark.parametrize(("only_up", "line"), [(True, "is stopped: udaemon start mailer"), (False, "done")])
def test_one_that_does_not_run_may_do_it_or_not(host: FakeHost, *, only_up: bool, line: str) -> None:
    assert asked(host, "mailer/0", only_up=only_up)[0] == [f"mailer/0 {not only_up} {line}"]


def test_one_that_did_not_do_it_is_told_with_what_would_help(host: FakeHost) -> None:
    lines = asked(host, "mailer/0", told=lambda _before, _after: None)
    assert lines == (["mailer/0 False is stopped: udaemon start mailer"], 1)


def test_a_name_that_fits_nothing_is_an_error_and_asks_nobody(host: FakeHost) -> None:
    with pytest.raises(NoSuchDaemon):
        asked(host, "mailer", "nobody")
    assert not any(view.instance.paused for view in host.instances())
