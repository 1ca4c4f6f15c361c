"""The tables `ready` and `health` of a daemon, key by key: what is asked, how often, and how many answers count.

Knows no daemon and asks nobody. The words and their meaning are those of Kubernetes' probes.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from enum import StrEnum
from typing import Any

from udaemon.frozen import frozen
from udaemon.manifest.keys import Applies, Table, key, keys_of
from udaemon.manifest.problems import Finding, Path, Wrong
from udaemon.manifest.references import PATH, Command
from udaemon.manifest.values import REFERENCE, Choice, Duration, Flag, Number, Schema, Text, Unchanged, wrong_type
from udaemon.manifest.wording import either, shown

ADDRESS_PATTERN = r"^(?:[^\s:/\[\]]*|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}$"
_PORT = re.compile(r"[0-9]{1,5}")

WAYS = ("tcp", "http", "exec", "file", "log-line", "notify", "uptime")
"""The keys that say what is asked; a table has one of them."""


LONGEST_PATTERN = 1000
"""Letters of a regular expression."""


class Address(Unchanged):
    """A host and a port; without a host it is this machine."""

    words = "address"

    def parse(self, value: object) -> str:
        """Take host:port, :port or a port."""
        hint = 'write "127.0.0.1:5432", or ":5432" for this machine'
        text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
        if not isinstance(text, str):
            raise wrong_type("an address", value, hint)
        if _PORT.fullmatch(text):
            text = f":{text}"
        port = text.rpartition(":")[2]
        if not re.fullmatch(ADDRESS_PATTERN[1:-1], text) or not 0 < int(port) < 65536:
            raise Wrong("bad-address", f"{shown(value)} is no address", hint)
        return text

    def schema(self) -> Schema:
        """Describe the forms."""
        port = {"type": "integer", "minimum": 1, "maximum": 65535}
        return {
            "anyOf": [
                {"type": "string", "pattern": ADDRESS_PATTERN},
                {"type": "string", "pattern": "^[0-9]{1,5}$"},
                port,
                REFERENCE,
            ]
        }


URL = Text("URL", r"^https?://[^\s/:?#@]*[^\s@]*$", "bad-url", 'write "http://127.0.0.1:8000/health"')


class Action(StrEnum):
    """What is done about a daemon that is not well."""

    RESTART = "restart"
    MARK = "mark"


_PERIOD_DOC = "Time from one question to the next."
_TIMEOUT_DOC = "A question that is not answered by then has failed."
_FAILURES_DOC = "Failed questions in a row that count."
_SUCCESSES_DOC = "Good answers in a row that count."
_DELAY_DOC = "Time from the start of the process to the first question."
_COUNT = Number(1, 1000, whole=True)
_PERIOD = Duration(low=0.1)
_TIMEOUT = Duration(low=0.01)


def _tcp() -> Any:
    return key(
        "It is well when it takes a connection here: `host:port`, or `:port` for this machine.",
        Address(),
        example=":5432",
    )


def _http() -> Any:
    return key(
        "It is well when a GET of this URL gives a status from 200 to 399. Redirects are not followed, and "
        "certificates not checked.",
        URL,
        example="http://127.0.0.1:8000/health",
    )


def _exec() -> Any:
    return key(
        "It is well when this command exits with 0. It has the daemon's environment and working directory.",
        Command(),
        example="pg_isready -q",
    )


def _file() -> Any:
    return key("It is well while this path is there.", PATH, example="run/worker.ready")


class Pattern(Unchanged):
    """A regular expression of Python, for a line."""

    words = "regular expression"

    def parse(self, value: object) -> str:
        """Take one that `re` understands."""
        hint = "write what Python's re.search takes; in TOML, single quotes keep a backslash as it is"
        if not isinstance(value, str):
            raise wrong_type("a regular expression", value, 'write "listening on"')
        if not value or len(value) > LONGEST_PATTERN:
            raise Wrong("bad-pattern", f"has {len(value)} letters", f"write 1 to {LONGEST_PATTERN}")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                re.compile(value)
        except (re.error, RecursionError, OverflowError) as error:
            raise Wrong("bad-pattern", f"{shown(value)} is no regular expression: {error}", hint) from None
        return value

    def schema(self) -> Schema:
        """Describe it."""
        return {"type": "string", "minLength": 1, "maxLength": LONGEST_PATTERN}


def _log_line(meaning: str) -> Any:
    return key(
        f"{meaning}: a regular expression of Python, searched for in each line of its output. Of a line the first 4096 "
        "bytes are looked at, and a pattern that takes too long is given up.",
        Pattern(),
        example="listening on",
    )


def _notify(message: str) -> Any:
    return key(
        f"It says so itself, as services of systemd do: {message} on the socket that NOTIFY_SOCKET names.",
        Flag(),
        default=False,
        example=True,
        only=("command",),
    )


@frozen(kw_only=True)
class Ready:
    """When a daemon is ready. Durations in seconds."""

    tcp: str | None = _tcp()
    http: str | None = _http()
    exec: tuple[str, ...] | None = _exec()
    file: str | None = _file()
    log_line: str | None = _log_line("It is ready when it has written such a line")
    notify: bool = _notify("`READY=1`")
    uptime: float | None = key("It is ready when its process has been there for so long.", Duration(), example="5s")
    period: float = key(_PERIOD_DOC, _PERIOD, default=1.0, example="500ms")
    timeout: float = key(_TIMEOUT_DOC, _TIMEOUT, default=1.0, example="2s")
    successes: int = key(_SUCCESSES_DOC, _COUNT, default=1, example=2)
    failures: int = key(
        "Failed questions in a row after which a daemon that was ready is so no longer.", _COUNT, default=3, example=5
    )
    delay: float = key(_DELAY_DOC, Duration(), default=0.0, example="2s")
    within: float = key(
        "A process that is not ready by then counts as crashed, and is started again as `restart` says.",
        Duration(low=0.1),
        default=60.0,
        example="2m",
    )


@frozen(kw_only=True)
class Health:
    """Whether a daemon that is ready is well. Durations in seconds."""

    tcp: str | None = _tcp()
    http: str | None = _http()
    exec: tuple[str, ...] | None = _exec()
    file: str | None = _file()
    log_line: str | None = _log_line("It is well while it writes such a line in each period")
    notify: bool = _notify("`WATCHDOG=1` in each period")
    period: float = key(_PERIOD_DOC, _PERIOD, default=10.0, example="30s")
    timeout: float = key(_TIMEOUT_DOC, _TIMEOUT, default=1.0, example="2s")
    failures: int = key(_FAILURES_DOC, _COUNT, default=3, example=5)
    successes: int = key(_SUCCESSES_DOC, _COUNT, default=1, example=2)
    delay: float = key("Time from when it is ready to the first question.", Duration(), default=0.0, example="30s")
    action: Action = key(
        "What is done when it is not well.",
        Choice(
            Action,
            {
                "restart": "It is stopped, and started again as after a crash.",
                "mark": "`ps` and `events` tell of it, and nothing else happens.",
            },
        ),
        default=Action.RESTART,
        example="mark",
    )


Probe = Ready | Health
_ATTRIBUTES = {way: way.replace("-", "_") for way in WAYS}
_WAYS_OF = {kind: [way for way in WAYS if hasattr(kind, _ATTRIBUTES[way])] for kind in (Ready, Health)}


def way(probe: Probe) -> str | None:
    """Which of the keys says what is asked; None where nothing is."""
    for one in _WAYS_OF[type(probe)]:
        if getattr(probe, _ATTRIBUTES[one]) not in (None, False):
            return one
    return None


def check_probe(own: object, model: type, path: Path, *, may_ask: bool = False) -> Iterator[Finding]:
    """Check that a table as it is written asks one thing; with `may_ask` it may leave that to the task itself."""
    if not isinstance(own, dict):
        return
    known = [one.name for one in keys_of(model)]
    ways = [one for one in WAYS if one in known]
    said = [one for one in own if one in ways and own[one] is not False]
    if len(said) > 1:
        message = f"{said[0]} and {said[1]} exclude each other"
        yield Finding("two-probes", message, "leave one of them", (*path, said[1]), at_key=True)
    elif not said and not may_ask and all(one in known for one in own):
        yield Finding("no-probe", "says not what is asked", f"add {either(ways)}", path, at_key=True)


def ready_key() -> Any:
    """The key `ready` of a daemon."""
    return key(
        "How it is told that it is ready; without, a task is when it is built, a command when it was executed.",
        Table(Ready),
        default=Ready(),
        applies=Applies.NEXT_START,
    )


def health_key() -> Any:
    """The key `health` of a daemon."""
    return key(
        "How it is told that it is well, once it is ready.", Table(Health), default=Health(), applies=Applies.LIVE
    )
