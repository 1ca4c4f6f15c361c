"""A server for hooks to tell, on a port of its own: it answers what a test wants, and keeps what it was sent.

Knows nothing of who asks.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from udaemon.engines.hooks.job import Job

Answer = bytes | None
OK = b"HTTP/1.1 204 No Content\r\n\r\n"
FAILED = b"HTTP/1.1 500 No\r\n\r\n"


class Server:
    """Keeps what it was sent, and answers the n-th request with the n-th answer; the last one goes on."""

    def __init__(self, port: int, asked: list[bytes]) -> None:
        self.url = f"http://127.0.0.1:{port}/hook?token=s3cret"
        self.asked = asked


def request(client: socket.socket) -> bytes:
    """One whole request."""
    data = b""
    while b"\r\n\r\n" not in data:
        if not (piece := client.recv(65536)):
            return data
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    (length,) = [int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")]
    while len(body) < length:
        body += client.recv(65536)
    return head + b"\r\n\r\n" + body


@contextmanager
def serving(*answers: Answer) -> Iterator[Server]:
    """A server that gives these answers; None is none at all, and the connection stays open."""
    asked: list[bytes] = []
    held: list[socket.socket] = []

    def serve() -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                asked.append(request(client))
                answer = answers[min(len(asked), len(answers)) - 1]
                if answer is None:
                    held.append(client)
                    continue
                with suppress(OSError), client:
                    client.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield Server(listener.getsockname()[1], asked)
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(5)
    for client in held:
        client.close()


def webhook_job(server: Server, **how: object) -> Job:
    return Job(1, '{"event": "failed"}', **{"timeout": 5.0, "url": server.url, **how})  # type: ignore[arg-type]


def command_job(*argv: str, timeout: float = 20.0, payload: str = '{"event": "failed"}') -> Job:
    return Job(1, payload, timeout=timeout, argv=argv, env=dict(os.environ))
