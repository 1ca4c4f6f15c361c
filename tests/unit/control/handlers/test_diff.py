"""Tests of the verb `diff`: what the supervisor answers when the manifest was read anew."""

from __future__ import annotations

import pytest
from attrs import evolve
from tests.fakes.host import FakeHost
from tests.unit.control.talk import Talk, asks

from udaemon.control import messages
from udaemon.errors import ExitCode, ManifestError, Problem, UdaemonError
from udaemon.manifest.model import Daemon


def test_nothing_is_answered_before_the_manifest_is_read(talk: Talk, host: FakeHost) -> None:
    client = asks(talk, "diff")
    assert client.heard == []
    (on_read,) = host.readers
    on_read(host.manifest)
    talk.until(client.answered)
    told = client.heard[-1]["data"]
    assert told.pop("unchanged") == len(host.manifest.daemons)
    assert told == {"added": [], "resting": [], "removed": [], "changed": [], "renamed": [], "manifest": []}


def test_what_differs_is_answered_and_the_host_is_left_as_it_is(talk: Talk, host: FakeHost) -> None:
    before = host.manifest
    client = asks(talk, "diff")
    host.readers.pop()(evolve(before, daemons={"new": Daemon(name="new", command=("x",))}))
    talk.until(client.answered)
    told = client.heard[-1]["data"]
    assert (told["added"], told["removed"]) == (["new"], list(before.daemons))
    assert host.manifest is before
    assert host.asked == []


def test_a_manifest_that_cannot_be_used_is_an_error_with_its_problems(talk: Talk, host: FakeHost) -> None:
    problem = Problem("unknown-key", "no key 'slep'", "did you mean sleep?", "daemons.a.slep", "/m/udaemon.toml", 2, 1)
    client = asks(talk, "diff")
    host.readers.pop()(ManifestError((problem,)))
    talk.until(client.answered)
    assert client.heard[-1]["error"]["exit_code"] == ExitCode.USAGE
    assert client.heard[-1]["error"]["problems"] == [list(problem)]


def test_one_who_has_gone_meanwhile_costs_nobody_anything(talk: Talk, host: FakeHost) -> None:
    client = asks(talk, "diff")
    client.socket.close()
    talk.settle()
    host.readers.pop()(UdaemonError("too late"))
    talk.settle()
    assert talk.bugs == []


def test_problems_come_out_of_a_frame_as_they_went_in() -> None:
    problem = Problem("syntax", "no", None, "", "/m", 1, 2, "error")
    payload = messages.failure(ManifestError((problem,)))[4:]
    with pytest.raises(ManifestError) as raised:
        messages.parse_answer(payload)
    assert raised.value.problems == (problem,)
    assert raised.value.exit_code is ExitCode.USAGE
