"""The ways to ask: a connection, a GET, a command, a path. Each says what came of it in a few words.

Knows no threshold and no time but that somebody cancels it when it takes too long. What is asked may be hostile: of a
server no more than a status line is read, of a command no more than its last words.
"""

from __future__ import annotations

import asyncio
import os
import signal
import ssl
from collections.abc import Mapping, Sequence
from contextlib import suppress
from urllib.parse import urlsplit

from udaemon.engines.replies import LAST_WORDS, NoReply, how_it_ended, http_status, why

Answer = tuple[bool, str]


async def tcp(address: str) -> Answer:
    """Whether a connection is taken."""
    host, _, port = address.rpartition(":")
    try:
        _, writer = await asyncio.open_connection(host.strip("[]") or "127.0.0.1", int(port))
    except OSError as error:
        return False, why(error)
    writer.transport.abort()
    return True, f"{address} takes connections"


async def http(url: str) -> Answer:
    """Whether a GET gives 2xx or 3xx. Redirects are not followed, certificates not checked."""
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    host, port = parts.hostname or "127.0.0.1", parts.port or (443 if secure else 80)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    lines = (f"GET {path} HTTP/1.1", f"Host: {parts.netloc}", "User-Agent: udaemon", "Accept: */*", "Connection: close")
    request = "\r\n".join([*lines, "", ""]).encode("latin-1", "replace")
    try:
        code = await http_status(host, port, request, _unchecked() if secure else None)
    except OSError as error:
        return False, why(error)
    except NoReply as error:
        return False, str(error)
    return 200 <= code < 400, f"HTTP {code}"


async def execute(argv: Sequence[str], cwd: str, env: Mapping[str, str]) -> Answer:
    """Whether a command exits with 0; the last line that it wrote is the reason if not. It is killed with its group."""
    try:
        process = await asyncio.create_subprocess_exec(
            *argv,
            cwd=cwd,
            env=env,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        return False, f"{argv[0]}: {why(error) if isinstance(error, OSError) else error}"
    words = b""
    try:
        assert process.stdout is not None
        while piece := await process.stdout.read(LAST_WORDS):
            words = (words + piece)[-LAST_WORDS:]
        code = await process.wait()
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        if process.returncode is None:
            await asyncio.shield(process.wait())
    return code == 0, "exit code 0" if code == 0 else how_it_ended(code, words)


async def file(path: str) -> Answer:
    """Whether a path is there. A file system that does not answer holds up only this question."""
    try:
        os.stat(path)
    except OSError as error:
        return False, f"{path}: {why(error)}"
    return True, f"{path} is there"


def _unchecked() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
