"""What a helper of the supervisor's does in its own process: takes what it is told until its socket has ended.

Knows nothing of what that is. `helper_process.py` is the supervisor's end.
"""

from __future__ import annotations

import asyncio
import json
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from udaemon.engines.verdict import LIMIT
from udaemon.frames import HEADER

Take = Callable[[list[Any]], None]


def run(fd: int, begin: Callable[[asyncio.StreamWriter], Take]) -> None:
    """Run as a helper on the socket `fd`, until the supervisor has gone.

    Args:
        fd: The number of its descriptor.
        begin: Called with what writes to the supervisor; makes what takes all that is in a frame.
    """
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_IGN)  # a terminal means the supervisor
    asyncio.run(_serve(socket.socket(fileno=fd), begin))


async def _serve(end: socket.socket, begin: Callable[[asyncio.StreamWriter], Take]) -> None:
    reader, writer = await asyncio.open_connection(sock=end, limit=LIMIT)
    take = begin(writer)
    with suppress(asyncio.IncompleteReadError, ConnectionError):
        while True:
            length = int.from_bytes(await reader.readexactly(HEADER), "big")
            take(json.loads(await reader.readexactly(length)))
