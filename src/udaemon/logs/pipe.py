"""Writes what comes on standard input to a daemon's log: `python -m udaemon.logs.pipe PID FIELD…`.

Knows nothing of daemons. It is for one that runs without a supervisor, and so without the process that keeps all logs;
it ends with its input. The fields are those of `LogTarget`.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Sequence

from udaemon.logs.format import LineFormatter
from udaemon.logs.log_target import LogTarget
from udaemon.logs.sink import OK, Sink

_CHUNK = 65536
_RETRY = 1.0


def main(pid: int, fields: Sequence[str]) -> None:
    """Write until nothing more comes. What asks the daemon to stop is not meant for us."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    target = LogTarget.from_fields(fields)
    jobs: list[Sink] = []
    sink = Sink(target, lambda _fd, sink: jobs.append(sink))
    formatter = LineFormatter(target)
    formatter.pid = pid
    sink.open()
    if sink.state != OK:
        print(f"udaemon: {target.path} cannot be written: {sink.state}", file=sys.stderr, flush=True)
    while chunk := os.read(0, _CHUNK):
        if lines := formatter.feed(chunk, time.time()):
            _append(sink, lines)
        while jobs:
            jobs.pop().job_done()
    if lines := formatter.finish(time.time()):
        _append(sink, lines)
    sink.close()


def _append(sink: Sink, lines: bytes) -> None:
    """Write lines, and hold up whoever writes them while there is no room for more."""
    if sink.state != OK:
        sink.retry()
    sink.append(lines)
    while sink.full:
        time.sleep(_RETRY)
        sink.retry()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
