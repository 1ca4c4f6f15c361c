"""One question as a handler sees it: arguments that are read strictly, one end, and no callback after that."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.fakes.host import FakeHost

from udaemon.control.request import Request
from udaemon.errors import ExitCode, UdaemonError
from udaemon.frames import HEADER
from udaemon.manifest.model import Daemon
from udaemon.policy.instance import Key


class Channel:
    """Writes down what is sent, and keeps what is to be called later."""

    def __init__(self) -> None:
        self.sent: list[tuple[dict[str, Any], bool]] = []
        self.later: list[Callable[[], None]] = []
        self.bugs: list[str] = []

    def send(self, frame: bytes, *, last: bool) -> None:
        self.sent.append((json.loads(frame[HEADER:]), last))

    def after(self, seconds: float, callback: Callable[[], None]) -> Callable[[], None]:
        self.later.append(callback)
        return lambda: self.later.remove(callback) if callback in self.later else None

    def bug(self, what: str) -> None:
        self.bugs.append(what)


def request(**args: Any) -> tuple[Request, Channel]:
    channel = Channel()
    return Request("start", args, channel), channel


@pytest.mark.parametrize(
    ("read", "value", "expected"),
    [
        ("names", ["a", "b*"], ["a", "b*"]),
        ("names", [], []),
        ("flag", True, True),
        ("seconds", 5, 5.0),
        ("seconds", 0, 0.0),
        ("text", "x", "x"),
    ],
)
def test_an_argument_of_the_right_kind_is_read(read: str, value: object, expected: object) -> None:
    asked, _ = request(names=value, it=value)
    assert (asked.names() if read == "names" else getattr(asked, read)("it")) == expected


def test_what_is_missing_has_a_meaning_but_for_a_text() -> None:
    asked, _ = request()
    assert (asked.names(), asked.flag("it"), asked.seconds("it")) == ([], False, None)
    with pytest.raises(UdaemonError, match="'it' must be a string"):
        asked.text("it")


@pytest.mark.parametrize(
    ("read", "value"),
    [
        ("names", "a"),
        ("names", [1]),
        ("flag", 1),
        ("flag", "true"),
        ("seconds", True),
        ("seconds", "5"),
        ("seconds", -1),
        ("seconds", float("nan")),
        ("seconds", float("inf")),
        ("text", 5),
    ],
)
def test_an_argument_of_the_wrong_kind_is_a_mistake_of_the_client(read: str, value: object) -> None:
    asked, _ = request(names=value, it=value)
    with pytest.raises(UdaemonError, match=r"^start: '(it|names)' must be") as wrong:
        asked.names() if read == "names" else getattr(asked, read)("it")
    assert wrong.value.exit_code is ExitCode.USAGE


def test_it_ends_once_and_nothing_is_sent_after_that() -> None:
    asked, channel = request()
    asked.send(1)
    asked.answer(2)
    asked.answer(3)
    asked.send(4)
    asked.fail(UdaemonError("no"))
    assert [(frame["data"], last) for frame, last in channel.sent] == [(1, False), (2, True)]
    assert asked.over


def test_with_its_end_all_that_it_follows_is_let_go_of() -> None:
    host = FakeHost(Daemon(name="a", command=("a",)))
    asked, channel = request()
    asked.follow(host, lambda _notice: None)
    asked.follow_runs(host, lambda _key: None)
    asked.after(5.0, lambda: None)
    assert (len(host.subscribers), len(host.run_followers), len(channel.later)) == (1, 1, 1)
    asked.end()
    assert (host.subscribers, host.run_followers, channel.later) == ([], [], [])


def test_what_was_to_be_called_later_is_called_once() -> None:
    called: list[int] = []
    asked, channel = request()
    asked.after(5.0, lambda: called.append(1))
    channel.later.pop()()
    asked.end()
    assert called == [1]


def test_f6_a_bug_in_a_callback_ends_this_request_only_and_a_mistake_is_told_as_it_is() -> None:
    host = FakeHost(Daemon(name="a", command=("a",)))
    buggy, channel = request()
    wrong, other = request()

    def bug(_notice: object) -> None:
        raise ZeroDivisionError

    def mistake(_notice: object) -> None:
        raise UdaemonError("not so", "but so")

    buggy.follow(host, bug)
    wrong.follow(host, mistake)
    host.tell(Key("a", 0), "started", "pid 7")
    assert "a bug in udaemon: start failed" in channel.sent[-1][0]["error"]["message"]
    assert (channel.bugs, other.bugs) == (["the verb start"], [])
    assert other.sent[-1][0]["error"]["message"] == "not so"
    assert host.subscribers == []


def test_f6_a_bug_that_cannot_even_be_reported_is_answered() -> None:
    class Mute(Channel):
        def bug(self, what: str) -> None:
            raise MemoryError

    channel = Mute()
    asked = Request("start", {}, channel)
    asked.guard(lambda: 1 / 0)  # type: ignore[arg-type]
    assert len(channel.sent) == 1
