"""A client of the control socket: it asks, and waits for the answers.

Knows no verb. Imports as little as can be, for it is in every verb that asks a supervisor.
"""

from __future__ import annotations

import errno
import os
import select
import socket
from collections.abc import Iterator
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from udaemon.control import messages
from udaemon.control.messages import SupervisorGone
from udaemon.control.protocol import MAX_ANSWER
from udaemon.control.sockets import SupervisorSilent, ending, peer_pid
from udaemon.errors import UdaemonError
from udaemon.frames import FrameBuffer, FrameError
from udaemon.system.readable import wait_readable

_CHUNK = 256 * 1024
_A_MOMENT = 2.0
"""Seconds at most from the closing of a process's last descriptors to its end."""


__all__ = ["Client", "SupervisorGone"]


class Client:
    """A connection to a supervisor; one request at a time.

    Args:
        connection: A connected socket, mostly from `sockets.connect`. It is the client's from here on.
        directory: The run directory that it was found in, if it was.
    """

    def __init__(self, connection: socket.socket, directory: str | None = None) -> None:
        self._directory = directory
        self._socket = connection
        self._buffer = FrameBuffer(MAX_ANSWER)
        self._payloads: list[bytes] = []
        self._output: int | None = None
        self._stop: int | None = None

    def ask(self, verb: str, **args: Any) -> Any:
        """Ask, and return the data of the last answer.

        Raises:
            UdaemonError: The supervisor says no, or is gone before it has answered.
        """
        data = None
        for data in self.stream(verb, **args):  # noqa: B007 - the last one counts
            pass
        return data

    def stream(self, verb: str, **args: Any) -> Iterator[Any]:
        """Ask, and give the data of each answer as it comes.

        Raises:
            UdaemonError: The supervisor says no, or is gone before it has answered.
        """
        self.post(verb, **args)
        more = True
        while more:
            try:
                data, more = messages.parse_answer(self._payload())
            except FrameError as error:
                raise UdaemonError(f"the supervisor's answer is not understood: {error}") from None
            yield data

    def post(self, verb: str, **args: Any) -> None:
        """Ask, and leave the answers to `arrived`.

        A supervisor that has hung up already may have said why: that, or the end, is found by who reads.
        """
        with suppress(BrokenPipeError, ConnectionResetError):
            self._socket.sendall(messages.request(verb, args))

    def arrived(self) -> list[messages.Answer]:
        """The answers that are there once `fileno` was readable; maybe none yet.

        Raises:
            UdaemonError: The supervisor says no, or is gone.
        """
        self._receive()
        payloads, self._payloads = self._payloads, []
        return [messages.parse_answer(payload) for payload in payloads]

    def wait_for_end(self) -> list[Any]:
        """Wait until the supervisor has exited: it leaves the connection open till then, and exits a moment later.

        Returns:
            Its last answers, in the order in which they came.
        """
        self._socket.settimeout(None)
        with ending(self._socket) as pidfd:
            with suppress(SupervisorGone, FrameError):
                while True:
                    self._receive()
            if pidfd is not None:
                wait_readable(pidfd, timeout=_A_MOMENT)
        return [messages.parse_answer(payload).data for payload in self._payloads]

    def be_patient(self, output: int | None = None, stop: int | None = None) -> None:
        """From the next answer on, wait for as long as it takes: the work may be long, but somebody must be at it.

        Args:
            output: Where the answers go: when its reader has gone, nobody waits for the next one (BrokenPipeError).
            stop: A descriptor that is readable when nobody wants to wait any longer (KeyboardInterrupt).

        Raises:
            SupervisorSilent: Nobody answers at all.
        """
        self.ask("hello", brief=True)
        self._socket.settimeout(None)
        self._output, self._stop = output, stop

    def fileno(self) -> int:
        """The fd that is readable when there is something for `arrived`."""
        return self._socket.fileno()

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def _payload(self) -> bytes:
        while not self._payloads:
            self._receive()
        return self._payloads.pop(0)

    def _receive(self) -> None:
        """Take what comes next: a piece of an answer, or several answers."""
        if self._output is not None:
            self._wait_beside(self._output)
        try:
            data = self._socket.recv(_CHUNK)
        except ConnectionResetError:
            data = b""
        except TimeoutError:
            raise SupervisorSilent(peer_pid(self._socket), self._directory) from None
        if not data:
            raise SupervisorGone
        self._payloads += self._buffer.feed(data)

    def _wait_beside(self, output: int) -> None:
        """Wait for an answer, and for the end of who reads what is made of it."""
        poller = select.poll()
        poller.register(self._socket, select.POLLIN)
        poller.register(output, 0)  # an error and a hang-up are told all the same
        if self._stop is not None:
            poller.register(self._stop, select.POLLIN)
        ready = {fd for fd, _ in poller.poll()}
        if self._stop in ready:
            raise KeyboardInterrupt
        if output in ready:
            raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))
