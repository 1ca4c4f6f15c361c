"""A control server on a real socket in a small loop, and raw clients of it; nothing here waits for the other side."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.fakes.host import FakeHost
from tests.fakes.reactor import SmallReactor

from udaemon.control import messages, sockets
from udaemon.control.connection import Limits
from udaemon.control.handlers import HANDLERS, Handler
from udaemon.control.server import ControlServer
from udaemon.frames import FrameBuffer


class Raw:
    """A client that says bytes and keeps what it hears."""

    def __init__(self, fd: int) -> None:
        connection = sockets.connect(fd, 5.0)
        assert connection is not None
        connection.setblocking(False)
        self.socket = connection
        self.closed = False
        self.heard: list[dict[str, Any]] = []
        self._buffer = FrameBuffer(1 << 25)

    def ask(self, verb: str, **args: Any) -> None:
        self.say(messages.request(verb, args))

    def say(self, data: bytes) -> int:
        try:
            return self.socket.send(data)
        except BlockingIOError:
            return 0

    def listen(self) -> None:
        try:
            while data := self.socket.recv(1 << 20):
                self.heard += [json.loads(payload) for payload in self._buffer.feed(data)]
            self.closed = True
        except BlockingIOError:
            pass
        except ConnectionResetError:
            self.closed = True

    def answered(self, count: int = 1) -> bool:
        self.listen()
        return len(self.heard) >= count

    def hung_up(self) -> bool:
        self.listen()
        return self.closed


class Talk:
    """A server of a host, and its clients. `now` is the server's clock; `bugs` what it reported."""

    def __init__(
        self,
        host: FakeHost,
        directory: Path,
        *,
        limits: Limits | None = None,
        handlers: Mapping[str, Handler] = HANDLERS,
        reactor: SmallReactor | None = None,
    ) -> None:
        self.host = host
        self.reactor = reactor or SmallReactor()
        self.now = 0.0
        self.bugs: list[str] = []
        self.clients: list[Raw] = []
        self.fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
        self.server = ControlServer(
            host,
            self.reactor,
            sockets.listen(self.fd),
            bug=self.bugs.append,
            limits=limits or Limits(),
            clock=lambda: self.now,
            handlers=handlers,
        )

    def client(self) -> Raw:
        self.clients.append(Raw(self.fd))
        return self.clients[-1]

    def until(self, predicate: Callable[[], object]) -> None:
        """Let turns of the loop pass until this is so."""

        def at_the_end_of_a_turn() -> object:
            self.pass_time(0.0)
            return predicate()

        self.reactor.run_until(at_the_end_of_a_turn, 5.0)

    def settle(self) -> None:
        """Let the server handle all that its clients have said by now: a new client is served after them."""
        self.ask("hello")

    def ask(self, verb: str, **args: Any) -> dict[str, Any]:
        """Ask as a new client, return the last answer."""
        client = self.client()
        client.ask(verb, **args)
        self.until(lambda: client.answered() and not client.heard[-1].get("more", False))
        client.socket.close()
        return client.heard[-1]

    def pass_time(self, seconds: float) -> None:
        self.now += seconds
        deadline = self.server.deadline
        if deadline is not None and deadline <= self.now:
            self.server.expire(self.now)

    def close(self) -> None:
        for client in self.clients:
            client.socket.close()
        self.server.close()
        self.reactor.close()
        os.close(self.fd)


def told(client: Raw) -> list[tuple[str, bool, str]]:
    """What a client that waits has been told of each instance."""
    return [
        (f"{said['name']}/{said['instance']}", said["ok"], said["message"])
        for answer in client.heard
        if "data" in answer and "message" in (said := answer["data"])
    ]


def asks(talk: Talk, verb: str, **args: object) -> Raw:
    """A client whose request has been handled, answered or not."""
    client = talk.client()
    client.ask(verb, **args)
    talk.settle()
    client.listen()
    return client


def open_fds() -> int:
    return len(os.listdir("/proc/self/fd"))
