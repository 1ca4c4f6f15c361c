"""The two ways to tell an event: a command gets it on its standard input, a webhook by POST.

Knows no retries. Whoever is told may be hostile: of a server no more than a status line is read, of a command no more
than its last words; no redirect is followed, as the headers are meant for one host; certificates are checked.
"""

from __future__ import annotations

import asyncio
import base64
import os
import signal
import ssl
import subprocess
from collections import deque
from contextlib import suppress
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from udaemon.engines.hooks.job import Job
from udaemon.engines.replies import LAST_WORDS, NoReply, how_it_ended, http_status, why
from udaemon.system import oserror
from udaemon.system.parent_death import die_with_parent

_CHUNK = 65536


class Answer(NamedTuple):
    """What came of one try. `again`: another one may have more luck."""

    ok: bool
    reason: str
    again: bool = False


async def post(job: Job) -> Answer:
    """Send it to a webhook. 2xx is good; a connection that fails, 408, 429 and 5xx may pass."""
    parts = urlsplit(job.url)
    secure = parts.scheme == "https"
    host, port = parts.hostname or "127.0.0.1", parts.port or (443 if secure else 80)
    try:
        context = ssl.create_default_context() if secure else None
        code = await http_status(host, port, _request(job, host, parts.port), context)
    except ssl.SSLCertVerificationError as error:
        return Answer(False, f"certificate: {error.verify_message}")
    except OSError as error:
        return Answer(False, why(error), again=True)
    except NoReply as error:
        return Answer(False, str(error), again=error.passes)
    if 300 <= code < 400:
        return Answer(False, f"HTTP {code}: redirects are not followed")
    return Answer(200 <= code < 300, f"HTTP {code}", again=code >= 500 or code in (408, 429))


def _request(job: Job, host: str, port: int | None) -> bytes:
    parts = urlsplit(job.url)
    body = job.payload.encode()
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = {"Content-Type": "application/json", "User-Agent": "udaemon", "Accept": "*/*"}
    if parts.username is not None:
        named = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        headers["Authorization"] = f"Basic {base64.b64encode(named.encode()).decode()}"
    given = {name.lower() for name in job.headers}
    headers = {name: value for name, value in headers.items() if name.lower() not in given} | dict(job.headers)
    shown = f"[{host}]" if ":" in host else host
    lines = [
        f"POST {path} HTTP/1.1",
        f"Host: {shown}{f':{port}' if port else ''}",
        *(f"{name}: {value}" for name, value in headers.items()),
        f"Content-Length: {len(body)}",
        "Connection: close",
    ]
    return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + body


async def execute(job: Job) -> Answer:
    """Run a command. It has ended when its own process has; what that has forked is killed with its group then."""
    loop = asyncio.get_running_loop()
    words: deque[bytes] = deque(maxlen=2)
    given, output = _given(job.payload), os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        process = subprocess.Popen(  # noqa: ASYNC220 - see below
            job.argv,
            cwd=job.cwd,
            env=job.env,
            stdin=given,
            stdout=_blocking(output[1]),
            stderr=output[1],
            start_new_session=True,
            preexec_fn=die_with_parent,  # noqa: PLW1509 - this process has one thread
        )
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        os.close(output[0])
        refused = oserror.named_reason(error) if isinstance(error, OSError) else error
        return Answer(False, f"{job.argv[0]}: {refused}")
    finally:
        os.close(given)
        os.close(output[1])
    pidfd = os.pidfd_open(process.pid)
    ended: asyncio.Future[None] = loop.create_future()
    loop.add_reader(pidfd, _ended, ended)
    loop.add_reader(output[0], lambda: _hear(output[0], words))
    try:
        await ended
    finally:
        loop.remove_reader(pidfd)
        loop.remove_reader(output[0])
        os.close(pidfd)
        with suppress(ProcessLookupError):  # before it is reaped: its pid can name no other group yet
            os.killpg(process.pid, signal.SIGKILL)
        code = process.wait()
        while _hear(output[0], words) and code is None:
            pass
        os.close(output[0])
    return Answer(code == 0, "exit code 0" if code == 0 else how_it_ended(code, b"".join(words)))


def _ended(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


def _given(payload: str) -> int:
    """A pipe that holds it all, and ends with it."""
    read, write = os.pipe2(os.O_CLOEXEC)
    os.write(write, payload.encode())
    os.close(write)
    return read


def _blocking(fd: int) -> int:
    """Have a program write to it as to any pipe; our own end stays as it is."""
    os.set_blocking(fd, True)
    return fd


def _hear(fd: int, words: deque[bytes]) -> bool:
    """Take in what there is, and keep the end of it."""
    try:
        data = os.read(fd, _CHUNK)
    except OSError:
        return False
    if not data:
        with suppress(RuntimeError):
            asyncio.get_running_loop().remove_reader(fd)
        return False
    words.append(data[-LAST_WORDS:])
    return True
