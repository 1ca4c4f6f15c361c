"""What a client may ask is bounded: the supervisor has one loop, and a killed daemon waits for each answer (I8)."""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Iterator

import pytest
from tests.fakes.host import FakeHost
from tests.unit.control.conftest import Serve

from udaemon.control import messages
from udaemon.control.handlers import HANDLERS
from udaemon.control.protocol import MAX_REQUEST
from udaemon.manifest.model import Daemon

MANY = 500
LONG = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
ALL = [f"{LONG}{number}" for number in range(MANY)]

HOSTILE: dict[str, list[str]] = {
    "a class that does not end": ["[" + "x" * 60_000],
    "brackets": ["[" * 60_000],
    "one name repeated": [f"{LONG}1"] * 900,
    "short globs, repeated": ["*"] * 12_000,
    "globs that differ": ["*" + "?" * (number % 60) + "*" * (number // 60) for number in range(1200)],
    "many stars": ["*a" * 30_000],
    "as many stars as a name may have": ["*a" * 95 + "*b"],
    "a hundred such": ["*a" * 90 + f"*{number}b" for number in range(100)],
    "an index": [f"{LONG}1/" + "9" * 60_000],
    "tags": ["tag:" + "*?" * 30_000],
    "a name that is not there": ["x" * 60_000],
    "names that are not there": [f"{LONG[:40]}{number}" for number in range(1000)],
    "all there are": ALL,
    "letters that match any": ["[!b]" * 49],
}


@pytest.fixture
def without_the_collector() -> Iterator[None]:
    """A look through all that thousands of tests have made takes longer than any answer."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.timing
@pytest.mark.usefixtures("without_the_collector")
@pytest.mark.parametrize("verb", sorted(set(HANDLERS) - {"down"}))
def test_f58_no_question_keeps_the_loop_longer_than_a_moment(serve: Serve, verb: str) -> None:
    daemons = [Daemon(name=name, command=("true",), log_dir="/l", tags=("one", "two")) for name in ALL]
    talk = serve(FakeHost(*daemons))
    slow = {}
    for what, names in HOSTILE.items():
        asked = messages.request(
            verb, {"names": names, "name": names[0], "signal": names[0][:50_000] or "x", "until": "stopped"}
        )
        if len(asked) > MAX_REQUEST:
            asked = messages.request(verb, {"names": names, "until": "stopped", "name": "x", "signal": "TERM"})
        assert len(asked) <= MAX_REQUEST, what
        client = talk.client()
        client.socket.setblocking(True)
        client.socket.sendall(asked)
        client.socket.setblocking(False)
        began, clock = time.thread_time(), time.monotonic()
        talk.settle()
        took = time.thread_time() - began
        assert time.monotonic() - clock < 4.0, "it waited for something"
        client.socket.close()
        if took > 0.4:
            slow[what] = took
    assert slow == {}
    assert talk.bugs == []


def test_a_verb_of_60000_letters_is_refused_at_once(serve: Serve) -> None:
    talk = serve(FakeHost())
    began = time.thread_time()
    answer = talk.ask("x" * 60_000)
    assert time.thread_time() - began < 1.0
    assert answer["error"]["exit_code"] == 2
    assert len(json.dumps(answer)) < 300


def test_what_is_too_much_is_said(serve: Serve) -> None:
    talk = serve(FakeHost(Daemon(name="db", command=("true",), log_dir="/l")))
    too_long = talk.ask("ps", names=["[" + "x" * 60_000])["error"]
    assert (too_long["exit_code"], too_long["hint"]) == (4, "a name or glob has 200 letters at most")
    too_many = talk.ask("ps", names=[f"*{'?' * number}" for number in range(101)])["error"]
    assert (too_many["exit_code"], too_many["message"]) == (2, "101 globs and tags at once")
    assert len(talk.ask("ps", names=["db"] * 12_000)["data"]["instances"]) == 1
