"""What the exit handlers of this process would take from others, tried in a copy of it that can do no harm.

Knows no library. A daemon runs at its end what was registered before its fork, too: to flush and to close is its own
business, but a directory that was made once for all is gone for all when the first one ends. No registry tells what a
handler does, so it is called: in a forked process in which an audit hook lets nothing be changed outside.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
import weakref
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NoReturn

from udaemon.system.descriptors import point_at_null

_REMOVALS = frozenset({"os.remove", "os.rmdir", "os.rename", "os.truncate", "shutil.rmtree", "shutil.move"})
_CHANGES = frozenset({
    "os.chmod", "os.chown", "os.exec", "os.fork", "os.forkpty", "os.kill", "os.killpg", "os.link", "os.mkdir",
    "os.posix_spawn", "os.spawn", "os.symlink", "os.system", "os.utime", "socket.bind", "socket.connect",
    "socket.sendmsg", "socket.sendto", "sqlite3.connect", "subprocess.Popen",
})  # fmt: skip
"""Audit events (docs.python.org, "Audit events table") of what reaches beyond a process."""
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_TIMEOUTS = 2.0
_MOST = 300
"""Bytes of a path that are told."""


class _Denied(BaseException):
    """Whatever a handler does about errors, it is not about this one."""


def registered() -> tuple[int, int]:
    """How many exit handlers and finalizers there are: where these are the same, nothing has to be tried."""
    return atexit._ncallbacks(), len(weakref.finalize._registry)  # type: ignore[attr-defined]


def removes() -> str | None:
    """What this process would remove if it ended now; None where it would remove nothing. It must have one thread."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        _try(write)
    os.close(write)
    with open(read, "rb") as pipe:
        told = pipe.read()
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        return "it does not end"
    return os.fsdecode(told) or None


def run() -> None:
    """Run them, in a process that is of no use any more: what it has made is its own to remove."""
    with suppress(BaseException):
        atexit._run_exitfuncs()


def _try(write: int) -> NoReturn:
    try:
        point_at_null(0, 1, 2)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, _TIMEOUTS)

        def watch(event: str, arguments: Sequence[Any]) -> None:
            if event in _REMOVALS:
                os.write(write, _path(arguments[0]))
                os._exit(0)
            if event in _CHANGES or (event == "open" and _writes(arguments)):
                raise _Denied(event)

        sys.addaudithook(watch)
        atexit._run_exitfuncs()
    finally:
        os._exit(0)


def _writes(arguments: Sequence[Any]) -> bool:
    """Whether a file is opened for more than reading; one that is open already is a descriptor of nobody else's."""
    path, _mode, flags = arguments
    return not isinstance(path, int) and bool(flags & _WRITES)


def _path(value: object) -> bytes:
    return os.fsencode(value)[:_MOST] if isinstance(value, str | bytes | os.PathLike) else b"something"
