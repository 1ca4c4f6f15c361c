"""One question of one client, as a handler sees it: its arguments, and the ways to answer.

Knows no socket. A handler may answer at once or keep the request and answer when something happened.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Protocol

from udaemon.control import messages
from udaemon.control.host import Host, Notice
from udaemon.errors import ExitCode, UdaemonError
from udaemon.policy.instance import Key


class Channel(Protocol):
    """Where answers go; the server's connection is one."""

    def send(self, frame: bytes, *, last: bool) -> None:
        """Send one answer; `last` says that the request is over."""

    def after(self, seconds: float, callback: Callable[[], None]) -> Callable[[], None]:
        """Call `callback` later. Returns what takes that back."""

    def bug(self, what: str) -> None:
        """Report the exception that is being handled."""


class Request:
    """A verb, its arguments, and whom to answer.

    Attributes:
        verb: What is asked for.
        over: It was answered, or its client has gone.
        streams: Its answers come as things happen: its client may be slow to read them.
        lingers: Its client waits for the supervisor itself to end: the connection stays until then.
    """

    def __init__(self, verb: str, args: Mapping[str, Any], channel: Channel) -> None:
        self.verb = verb
        self.over = False
        self.streams = False
        self.lingers = False
        self._args = args
        self._channel = channel
        self._endings: list[Callable[[], None]] = []

    def send(self, data: object) -> None:
        """Answer, and go on."""
        if not self.over:
            self._channel.send(messages.answer(data, more=True), last=False)

    def answer(self, data: object) -> None:
        """Answer for the last time."""
        if not self.over:
            frame = messages.answer(data)
            self.end()
            self._channel.send(frame, last=True)

    def fail(self, error: UdaemonError) -> None:
        """End with an error."""
        if not self.over:
            self.end()
            self._channel.send(messages.failure(error), last=True)

    def end(self) -> None:
        """End the request without an answer."""
        self.over = True
        while self._endings:
            self._endings.pop()()

    def follow(self, host: Host, callback: Callable[[Notice], None]) -> None:
        """Call `callback` with what happens, until the request is over. A bug in it ends this request only."""
        self._endings.append(host.subscribe(lambda notice: self.guard(lambda: callback(notice))))

    def follow_runs(self, host: Host, callback: Callable[[Key], None]) -> None:
        """Call `callback` with each instance that has a good run; otherwise as `follow`."""
        self._endings.append(host.follow_runs(lambda key: self.guard(lambda: callback(key))))

    def after(self, seconds: float, callback: Callable[[], None]) -> None:
        """Call `callback` in so many seconds, unless the request is over by then."""

        def fire() -> None:
            self._endings.remove(take_back)
            self.guard(callback)

        take_back = self._channel.after(seconds, fire)
        self._endings.append(take_back)

    def guard(self, callback: Callable[[], None]) -> None:
        """Call back for this request: its client gets what is wrong as an error, a bug is logged too."""
        if self.over:
            return
        try:
            callback()
        except UdaemonError as error:
            self.fail(error)
        except Exception:  # noqa: BLE001 - faults.md F6: a bug in one verb must not end every daemon
            with suppress(Exception):  # without memory even logging fails
                self._channel.bug(f"the verb {self.verb}")
            self.fail(UdaemonError(f"a bug in udaemon: {self.verb} failed", "its traceback is in the common log"))

    def names(self) -> list[str]:
        """The argument `names`: daemons, globs of daemons, or single instances."""
        names = self._args.get("names", [])
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise self._wrong("names", "a list of strings")
        return names

    def text(self, name: str) -> str:
        """A string that must be there."""
        value = self._args.get(name)
        if not isinstance(value, str):
            raise self._wrong(name, "a string")
        return value

    def numbers(self, name: str) -> Mapping[str, int]:
        """A table of whole numbers by name, with one at least."""
        value = self._args.get(name)
        if not isinstance(value, dict) or not value or not all(type(number) is int for number in value.values()):
            raise self._wrong(name, "a table of whole numbers")
        return value

    def flag(self, name: str) -> bool:
        """A boolean; false where it is missing."""
        value = self._args.get(name, False)
        if not isinstance(value, bool):
            raise self._wrong(name, "true or false")
        return value

    def seconds(self, name: str) -> float | None:
        """A length of time; None where it is missing."""
        value = self._args.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1e9:
            raise self._wrong(name, "a number of seconds from 0 to 1000000000")
        return float(value)

    def _wrong(self, name: str, right: str) -> UdaemonError:
        return UdaemonError(f"{self.verb}: {name!r} must be {right}", exit_code=ExitCode.USAGE)
