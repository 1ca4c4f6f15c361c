"""Requests and answers come back as they went, and what is neither is refused."""

import pytest

from udaemon.control.messages import (
    Answer,
    answer,
    failure,
    parse_answer,
    parse_request,
    request,
)
from udaemon.control.protocol import ANSWER_BEGINS, ANSWER_ENDS
from udaemon.errors import ExitCode, UdaemonError
from udaemon.frames import FrameError


def test_a_request_comes_back_as_it_went() -> None:
    payload = request("stop", {"names": ["mail*"], "timeout": 2.5})[4:]
    assert parse_request(payload) == ("stop", {"names": ["mail*"], "timeout": 2.5})


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"7",
        b'{"args":{}}',
        b'{"verb":7}',
        b'{"verb":"ps","args":[]}',
        b"[" * 60_000,
        b'{"verb":"ps","args":{"n":' + b"9" * 5000 + b"}}",
    ],
)
def test_what_is_no_request_is_refused(payload: bytes) -> None:
    with pytest.raises(FrameError):
        parse_request(payload)


def test_an_answer_comes_back_as_it_went() -> None:
    assert parse_answer(answer({"a": [1, None, "ü"]}, more=True)[4:]) == Answer({"a": [1, None, "ü"]}, more=True)


def test_the_data_of_a_last_answer_can_be_cut_out() -> None:
    payload = answer({"a": 1})[4:]
    assert payload.startswith(ANSWER_BEGINS)
    assert payload.endswith(ANSWER_ENDS)
    assert payload[len(ANSWER_BEGINS) : -len(ANSWER_ENDS)] == b'{"a":1}'


def test_an_answer_is_ascii_so_that_no_byte_of_it_moves_a_cursor() -> None:
    payload = answer("\x1b[31m\x9b\u202e\ud800")[4:]
    assert payload == b'{"ok":true,"data":"\\u001b[31m\\u009b\\u202e\\ud800","more":false}'


def test_an_answer_that_is_too_long_is_an_error() -> None:
    with pytest.raises(UdaemonError, match="too long"):
        answer("x" * 17_000_000)


def test_an_error_comes_back_as_it_went() -> None:
    with pytest.raises(UdaemonError, match="no such daemon") as caught:
        parse_answer(failure(UdaemonError("no such daemon: x", "did you mean y?", ExitCode.NO_SUCH_DAEMON))[4:])
    assert (caught.value.hint, caught.value.exit_code) == ("did you mean y?", ExitCode.NO_SUCH_DAEMON)


@pytest.mark.parametrize("payload", [b'{"ok":1}', b"{}", b'{"ok":false}'])
def test_what_is_no_answer_is_refused(payload: bytes) -> None:
    with pytest.raises(FrameError):
        parse_answer(payload)


def test_an_exit_code_nobody_knows_is_a_failure() -> None:
    with pytest.raises(UdaemonError) as caught:
        parse_answer(b'{"error":{"message":"m","hint":null,"exit_code":99}}')
    assert caught.value.exit_code is ExitCode.FAILED
