"""What is inside a frame: a request, or one of the answers to it, as JSON.

Knows no verb and no socket. Everything is ASCII on the wire, so whatever a daemon put into a text is already escaped.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from udaemon.control.protocol import MAX_ANSWER
from udaemon.errors import ExitCode, ManifestError, Problem, UdaemonError, error_of
from udaemon.frames import FrameError, frame


class Answer(NamedTuple):
    """One answer to a request. `more` says that another one follows."""

    data: Any
    more: bool


class SupervisorGone(UdaemonError):
    """The supervisor ended before it had answered for the last time."""

    def __init__(
        self,
        message: str = "the supervisor ended before it answered",
        hint: str = "udaemon ps tells whether it runs again",
    ) -> None:
        super().__init__(message, hint)


class SupervisorReplaced(SupervisorGone):
    """Another supervisor takes over, and answers whoever asks again."""

    def __init__(self, hint: str = "what was asked for goes on; udaemon ps tells of it") -> None:
        super().__init__("the supervisor was replaced meanwhile", hint)


def request(verb: str, args: dict[str, Any]) -> bytes:
    """The frame that asks for `verb`."""
    return frame(_packed({"verb": verb, "args": args}))


def answer(data: object, *, more: bool = False) -> bytes:
    """The frame that answers with `data`.

    Raises:
        UdaemonError: It is too long to be sent.
        ValueError: There is something in it that is no JSON.
    """
    packed = _packed({"ok": True, "data": data, "more": more})
    if len(packed) > MAX_ANSWER:
        raise UdaemonError("the answer is too long", "name the daemons that matter")
    return frame(packed)


def failure(error: UdaemonError) -> bytes:
    """The frame that says why there is no answer."""
    told: dict[str, Any] = {"message": error.message, "hint": error.hint, "exit_code": int(error.exit_code)}
    if isinstance(error, ManifestError):
        told["problems"] = error.problems
    if isinstance(error, SupervisorReplaced):
        told["replaced"] = True
    return frame(_packed({"error": told}))


def parse_request(payload: bytes) -> tuple[str, dict[str, Any]]:
    """The verb and the arguments of a request.

    Raises:
        FrameError: It is no request.
    """
    value = _parsed(payload)
    verb, args = value.get("verb"), value.get("args", {})
    if not isinstance(verb, str) or not isinstance(args, dict):
        raise FrameError('a request is {"verb": "…", "args": {…}}')
    return verb, args


def parse_answer(payload: bytes) -> Answer:
    """What the supervisor answered.

    Raises:
        UdaemonError: The answer is an error, raised again here; with `problems` it is a ManifestError.
        FrameError: It is no answer.
    """
    value = _parsed(payload)
    error = value.get("error")
    if isinstance(error, dict):
        message, hint, code = error.get("message"), error.get("hint"), error.get("exit_code")
        if problems := error.get("problems"):
            raise ManifestError(_problems(problems))
        if error.get("replaced") is True:
            raise SupervisorReplaced
        known = ExitCode(code) if isinstance(code, int) and code in set(ExitCode) else ExitCode.FAILED
        raise error_of(str(message), None if hint is None else str(hint), known)
    if value.get("ok") is not True:
        raise FrameError("an answer is neither ok nor an error")
    return Answer(value.get("data"), value.get("more") is True)


def _problems(told: object) -> tuple[Problem, ...]:
    try:
        return tuple(Problem(*fields) for fields in told)  # type: ignore[attr-defined]
    except TypeError:
        raise FrameError("an answer's problems are none") from None


def _packed(value: dict[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":"), allow_nan=False).encode("ascii")


def _parsed(payload: bytes) -> dict[str, Any]:
    try:
        value = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise FrameError(f"a frame is no JSON: {error}") from None
    if not isinstance(value, dict):
        raise FrameError("a frame is no JSON object")
    return value
