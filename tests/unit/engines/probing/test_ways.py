"""The ways to ask, of servers and files of this process; what is asked may answer anything, or nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import pytest

from udaemon.engines.probing import ways
from udaemon.engines.probing.ways import Answer

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def answering(data: bytes) -> Serve:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(data)
        await writer.drain()

    return serve


def asked(serve: Serve, ask: Callable[[int], Awaitable[Answer]]) -> Answer:
    """The answer to a question to a server on a port of its own."""

    async def main() -> Answer:
        ended = asyncio.Event()

        async def tracked(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with suppress(ConnectionError):
                await serve(reader, writer)
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()
            ended.set()

        server = await asyncio.start_server(tracked, "127.0.0.1", 0)
        async with server, asyncio.timeout(10):
            answer = await ask(server.sockets[0].getsockname()[1])
            await ended.wait()
            return answer

    return asyncio.run(main())


def free_port() -> int:
    """A port where nobody listens any more."""

    async def main() -> int:
        server = await asyncio.start_server(answering(b""), "127.0.0.1", 0)
        async with server:
            return int(server.sockets[0].getsockname()[1])

    return asyncio.run(main())


@pytest.mark.parametrize(
    ("data", "answer"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", (True, "HTTP 200")),
        (b"HTTP/1.1 204\r\n", (True, "HTTP 204")),
        (b"HTTP/1.0 302 Found\r\n\r\n", (True, "HTTP 302")),
        (b"HTTP/1.1 404 Not Found\r\n\r\n", (False, "HTTP 404")),
        (b"HTTP/1.1 503 \xff\r\n\r\n", (False, "HTTP 503")),
        (b"HTTP/1.1 100 Continue\r\n\r\n", (False, "HTTP 100")),
        (b"HTTP/1.1 abc\r\n", (False, "answers something else than HTTP")),
        ("HTTP/1.1 ²²²\r\n".encode("latin-1"), (False, "answers something else than HTTP")),
        (b"SSH-2.0-OpenSSH\r\n", (False, "answers something else than HTTP")),
        (b"x" * 100_000, (False, "answers something else than HTTP")),
        (b"", (False, "closed the connection without an answer")),
    ],
)
def test_a_get_is_judged_by_its_first_line(data: bytes, answer: Answer) -> None:
    assert asked(answering(data), lambda port: ways.http(f"http://127.0.0.1:{port}/health?x=1")) == answer


def test_a_get_asks_for_path_and_query_and_names_the_host() -> None:
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        await writer.drain()

    asked(serve, lambda port: ways.http(f"http://127.0.0.1:{port}/a%20b?x=1"))
    lines = heard[0].split(b"\r\n")
    assert lines[0] == b"GET /a%20b?x=1 HTTP/1.1"
    assert any(line.startswith(b"Host: 127.0.0.1:") for line in lines)


@pytest.mark.parametrize("address", ["127.0.0.1:{}", ":{}"])
def test_a_connection_is_taken_or_refused(address: str) -> None:
    async def nothing(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    ok, reason = asked(nothing, lambda port: ways.tcp(address.format(port)))
    assert (ok, reason.endswith("takes connections")) == (True, True)
    assert asyncio.run(ways.tcp(address.format(free_port()))) == (False, "connection refused")
    assert asyncio.run(ways.http(f"http://127.0.0.1:{free_port()}/")) == (False, "connection refused")


def test_a_path_is_there_or_not(tmp_path: Path) -> None:
    path = tmp_path / "ready"
    assert asyncio.run(ways.file(str(path))) == (False, f"{path}: no such file or directory")
    path.touch()
    assert asyncio.run(ways.file(str(path))) == (True, f"{path} is there")


def test_a_command_that_is_not_there_is_told_by_its_name() -> None:
    ok, reason = asyncio.run(ways.execute(["/nowhere/check"], "/", {}))
    assert (ok, reason) == (False, "/nowhere/check: no such file or directory")
