"""What came of reading a manifest, as bytes from the process that read it to the one that asked, and back.

Knows no file. The bytes are JSON; whoever gets them believes no more of them than of a manifest.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from udaemon.errors import ExitCode, ManifestError, Problem, UdaemonError
from udaemon.manifest.model import Manifest
from udaemon.manifest.plain import NoManifest, of_plain, to_plain

Result = Manifest | UdaemonError

LONGEST = 64 * 1024**2
"""Bytes of an answer; a thousand daemons take less than one MiB."""

_TEXTS, _NUMBERS = ("code", "message", "path", "severity"), ("line", "column")


def answer(result: Result) -> bytes:
    """Write it."""
    told: dict[str, Any]
    if isinstance(result, Manifest):
        told = {"manifest": to_plain(result)}
    elif isinstance(result, ManifestError):
        told = {"problems": [problem._asdict() for problem in result.problems]}
    else:
        told = {"error": {"message": result.message, "hint": result.hint, "exit_code": int(result.exit_code)}}
    return json.dumps(told, separators=(",", ":")).encode("ascii")


def understood(data: bytes | bytearray) -> Result:
    """What was written; where it is no such thing, an error that says so."""
    try:
        match json.loads(data):
            case {"manifest": dict() as plain}:
                return of_plain(plain)
            case {"problems": [_, *_] as problems}:
                return ManifestError(tuple(_problems(problems)))
            case {"error": {"message": str(message), "hint": str() | None as hint, "exit_code": int(code)}}:
                return UdaemonError(message, hint, ExitCode(code))
    except (ValueError, RecursionError):
        pass
    return UdaemonError("the process that reads the manifest says what is not understood", "udaemon check reads it too")


def beyond(what: str) -> ManifestError:
    """What is said of a manifest that takes more than it may."""
    message = f"reading it takes more {what} than a manifest may"
    return ManifestError((Problem("too-big", message, "is it the right file?"),))


def _problems(told: list[Any]) -> Iterator[Problem]:
    for one in told:
        if not isinstance(one, dict) or set(one) != set(Problem._fields):
            raise NoManifest("no problem")
        texts = all(isinstance(one[name], str) for name in _TEXTS)
        maybe = all(isinstance(one[name], str | None) for name in ("hint", "file"))
        numbers = all(one[name] is None or type(one[name]) is int for name in _NUMBERS)
        if not (texts and maybe and numbers):
            raise NoManifest("no problem")
        yield Problem(**one)
