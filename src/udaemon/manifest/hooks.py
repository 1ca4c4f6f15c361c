"""The table `on`: who is told of which event, a Python callable, a command or a webhook, one or a list of them.

Knows no daemon and tells nobody. What a webhook is given to know by, its headers and all of its URL behind the host,
is a secret: no message repeats it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from attrs import field

from udaemon.frozen import frozen
from udaemon.manifest.keys import Table, key
from udaemon.manifest.measures import format_duration
from udaemon.manifest.parts import each, table
from udaemon.manifest.problems import Wrong
from udaemon.manifest.references import PYTHON_CALLABLE, Command
from udaemon.manifest.values import REFERENCE, Duration, Number, Schema, wrong_type
from udaemon.manifest.wording import either

IN_CHILD = ("start", "task_done", "task_failed")
"""The events whose callables a task's own process calls."""

DEFAULT_TIMEOUT, DEFAULT_RETRIES = 10.0, 3
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_OURS = frozenset({"content-length", "transfer-encoding", "connection", "host"})
_COMMAND, _TIMEOUT, _RETRIES = Command(), Duration(low=0.01), Number(0, 20, whole=True)
_FORM = 'write "package.module:function", { exec = "program" } or { webhook = "https://…" }'


@frozen(kw_only=True)
class ExecHook:
    """A command that gets the event on its standard input, and the seconds that it may take."""

    exec: tuple[str, ...]
    timeout: float = DEFAULT_TIMEOUT


@frozen(kw_only=True)
class Webhook:
    """A URL that the event is posted to, with headers, the seconds that a try may take, and further tries."""

    webhook: str = field(repr=False)
    headers: Mapping[str, str] = field(factory=dict, repr=False)
    timeout: float = DEFAULT_TIMEOUT
    retries: int = DEFAULT_RETRIES


Hook = str | ExecHook | Webhook
"""A string names a Python callable."""


class Hooks:
    """Whoever is told of one event."""

    words = "hook or list of hooks"

    def parse(self, value: object) -> tuple[Hook, ...]:
        """Read one or several; raise all that is wrong at once."""
        if not isinstance(value, list):
            return (_one(value),)
        return tuple(each(enumerate(value), _one).values())

    def dump(self, value: tuple[Hook, ...]) -> list[Any]:
        """Write a list."""
        return [_dumped(one) for one in value]

    def schema(self) -> Schema:
        """Describe the forms."""
        timeout = _TIMEOUT.schema()
        command: Schema = {
            "type": "object",
            "properties": {"exec": _COMMAND.schema(), "timeout": timeout},
            "required": ["exec"],
            "additionalProperties": False,
        }
        webhook: Schema = {
            "type": "object",
            "properties": {
                "webhook": {"anyOf": [{"type": "string", "pattern": "^https?://"}, REFERENCE]},
                "headers": {"type": "object", "additionalProperties": {"type": "string"}},
                "timeout": timeout,
                "retries": _RETRIES.schema(),
            },
            "required": ["webhook"],
            "additionalProperties": False,
        }
        one: Schema = {"anyOf": [PYTHON_CALLABLE.schema(), command, webhook]}
        return {"anyOf": [*one["anyOf"], {"type": "array", "items": one}]}


def _url(value: object) -> str:
    """Take an address of the web."""
    from urllib.parse import urlsplit

    hint = 'write "https://host/path"'
    if not isinstance(value, str):
        raise wrong_type("a URL", value, hint)
    try:
        parts = urlsplit(value)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        sound = False
    if not sound or not value.isascii() or re.search(r"[\s\x00-\x1f\x7f\\]", value):
        raise Wrong("bad-url", "is no URL of the web", hint)
    return value


def _headers(value: object) -> dict[str, str]:
    """Take names and values that a request can carry."""
    if not isinstance(value, dict):
        raise wrong_type("a table of strings", value, 'write { Authorization = "Bearer …" }')
    wrong: list[Wrong] = []
    for name, text in value.items():
        if not _HEADER.fullmatch(name):
            wrong.append(Wrong("bad-header", "is no name of a header", None, (name,), at_key=True))
        elif name.lower() in _OURS:
            wrong.append(Wrong("bad-header", "is udaemon's own to say", "take it out", (name,), at_key=True))
        elif not isinstance(text, str):
            wrong.append(wrong_type("a string", text, "put it in quotes", (name,)))
        elif re.search(r"[\x00-\x1f\x7f]", text) or not text.isascii():
            wrong.append(Wrong("bad-header", "has letters that a header cannot carry", None, (name,)))
    if wrong:
        raise ExceptionGroup("headers", wrong)
    return dict(value)


_OF_EXEC = {"exec": _COMMAND.parse, "timeout": _TIMEOUT.parse}
_OF_WEBHOOK = {"webhook": _url, "headers": _headers, "timeout": _TIMEOUT.parse, "retries": _RETRIES.parse}


def _one(value: object) -> Hook:
    if not isinstance(value, dict):
        if not isinstance(value, str):
            raise wrong_type("a callable's name or a table", value, _FORM)
        return str(PYTHON_CALLABLE.parse(value))
    if "exec" in value and "webhook" in value:
        message = "exec and webhook exclude each other"
        raise Wrong("two-hooks", message, "write a list of two", ("webhook",), at_key=True)
    if "exec" not in value and "webhook" not in value:
        raise Wrong("nothing-to-run", "has neither exec nor webhook", "add one of them")
    kind, keys = (ExecHook, _OF_EXEC) if "exec" in value else (Webhook, _OF_WEBHOOK)
    return kind(**table(value, keys, f"write {either(keys)}"))


def _dumped(hook: Hook) -> Any:
    if isinstance(hook, str):
        return hook
    timeout = format_duration(hook.timeout)
    if isinstance(hook, ExecHook):
        return {"exec": list(hook.exec), "timeout": timeout}
    headers = {"headers": dict(hook.headers)} if hook.headers else {}
    return {"webhook": hook.webhook, **headers, "timeout": timeout, "retries": hook.retries}


def callables(hooks: tuple[Hook, ...]) -> tuple[str, ...]:
    """The Python callables among them."""
    return tuple(hook for hook in hooks if isinstance(hook, str))


def _on(doc: str, example: Any) -> Any:
    return key(doc, Hooks(), default=(), example=example)


@frozen(kw_only=True)
class Listeners:
    """Who is told of a daemon's events: each "pkg.mod:function", { exec } or { webhook }, one or a list."""

    start: tuple[Hook, ...] = _on("Its process is there; a callable of a task: before the first run.", "jobs.hooks:up")
    ready: tuple[Hook, ...] = _on("It is ready.", {"exec": "bin/announce", "timeout": "5s"})
    task_done: tuple[Hook, ...] = _on("A run has ended well.", "jobs.hooks:done")
    task_failed: tuple[Hook, ...] = _on("A run has failed.", ["jobs.hooks:failed", "jobs.alarm:ring"])
    restart: tuple[Hook, ...] = _on("It is started again by udaemon itself.", {"exec": "logger -t jobs restart"})
    failed: tuple[Hook, ...] = _on(
        "udaemon has given it up.",
        {"webhook": "https://chat.example/hook", "headers": {"Authorization": "Bearer ${CHAT_TOKEN}"}},
    )
    health: tuple[Hook, ...] = _on("It is not ready or not well any more, or is well again.", {"exec": "bin/page"})
    missed: tuple[Hook, ...] = _on("A run was due and did not happen.", {"exec": "bin/page"})

    def of(self, event: str) -> tuple[Hook, ...]:
        """Whoever is told of an event, by its name in a manifest."""
        hooks: tuple[Hook, ...] = getattr(self, event.replace("-", "_"))
        return hooks


EVENTS = ("start", "ready", "task-done", "task-failed", "restart", "failed", "health", "missed")
"""The names in a manifest."""


def on_key(doc: str) -> Any:
    """The key `on` of a daemon, or of the top level."""
    return key(doc, Table(Listeners), default=Listeners())
