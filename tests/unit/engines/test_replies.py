"""What servers, commands and the system reply, in a few words."""

from __future__ import annotations

import asyncio
import errno
import ssl

import pytest

from udaemon.engines.replies import how_it_ended, http_status, why


@pytest.mark.parametrize(
    ("code", "output", "told"),
    [
        (1, b"", "exit code 1"),
        (0, b"done\n", "done (exit code 0)"),
        (1, b"first\nno such table\n\n", "no such table (exit code 1)"),
        (-9, b"", "killed by signal 9"),
        (2, b"\xff\n", "\ufffd (exit code 2)"),
        (2, b"x" * 5000 + b"\nlast", "last (exit code 2)"),
    ],
)
def test_a_command_is_told_by_its_last_line_and_its_end(code: int, output: bytes, told: str) -> None:
    assert how_it_ended(code, output) == told


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(errno.ECONNREFUSED, "Connect call failed ('127.0.0.1', 1)"), "connection refused"),
        (OSError("Multiple exceptions"), "Multiple exceptions"),
        (
            ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number"),
            "[SSL: WRONG_VERSION_NUMBER] wrong version number",
        ),
    ],
)
def test_an_error_is_told_without_addresses_and_tls_in_its_own_words(error: OSError, told: str) -> None:
    """The number of an SSLError is none of the system's: it would be told as "operation not permitted"."""
    assert why(error) == told


def test_a_server_that_speaks_no_tls_is_told_as_that() -> None:
    async def plain(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async def main() -> str:
        server = await asyncio.start_server(plain, "127.0.0.1", 0)
        async with server, asyncio.timeout(10):
            try:
                port = server.sockets[0].getsockname()[1]
                await http_status("127.0.0.1", port, b"", ssl.create_default_context())
            except OSError as error:
                return why(error)
        raise AssertionError("it has a connection")

    assert "SSL" in asyncio.run(main())
