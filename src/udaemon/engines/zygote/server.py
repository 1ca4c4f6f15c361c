"""The life of a zygote: import once, then fork on request until the parent has gone.

Knows nothing of daemons. It makes no decision of its own: whatever makes it unfit for forking it tells its parent,
who ends it and starts another.
"""

from __future__ import annotations

import errno
import fcntl
import gc
import os
import signal
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

from udaemon.child.signals import outlast_signals
from udaemon.child.title import be_called
from udaemon.engines.zygote.birth import Birth, bear
from udaemon.engines.zygote.preload import Spoiled, preload
from udaemon.engines.zygote.sources import Sources
from udaemon.engines.zygote.threads import is_alone
from udaemon.engines.zygote.wire import Request, Truncated, answer, receive_request


class Setup(NamedTuple):
    """The first request: where to be, and what to import from where.

    `env` is the whole environment; `path` goes before the rest of `sys.path`; `own` modules are trusted to import well,
    `preload` are other people's. With it come the descriptors for output and those that all children have in common:
    first of these the read end of a pipe that ends when the parent does.
    """

    env: Mapping[str, str]
    cwd: str
    path: tuple[str, ...]
    own: tuple[str, ...]
    preload: tuple[str, ...]


def serve(fd: int) -> None:
    """Be a zygote for the parent at the other end of socket `fd`."""
    gc.disable()  # while importing; a child enables it for itself
    sys.dont_write_bytecode = True  # matched to its source by whole seconds, it could hide an edit made a moment later
    be_called("zygote")
    outlast_signals()
    channel = socket.socket(fileno=fd)
    channel.set_inheritable(False)  # a module may start programs at import
    first = receive_request(channel)
    if first is None:
        return
    setup: Setup = first.value
    output, *common = first.fds
    _die_with(common[0])
    _settle(setup, output)
    sources = Sources()
    preload(setup.own, lambda _module: None)
    outcome = preload(setup.preload, lambda module: answer(channel, {"importing": module}))
    if isinstance(outcome, Spoiled):
        answer(channel, {"spoiled": outcome.module, "why": outcome.why})
        return
    sources.note()
    gc.collect()
    gc.freeze()  # or the first collection in a child writes to, and so copies, every page of ours
    answer(channel, {"ready": True, "failed": outcome})
    while True:
        try:
            request = receive_request(channel)
        except Truncated:
            answer(channel, {"refused": errno.EMFILE})
            continue
        if request is None:
            os._exit(0)
        _serve_one(channel, request, sources, common)


def _settle(setup: Setup, output: int) -> None:
    """Take the place of one that was executed for this, wherever this process comes from."""
    for number in (1, 2):
        os.dup2(output, number)
    os.close(output)
    os.chdir(setup.cwd)
    for name in os.environ.keys() - setup.env.keys():
        del os.environ[name]
    os.environ.update(setup.env)
    time.tzset()  # the C library may have read TZ before
    sys.path[:0] = [entry for entry in setup.path if entry not in sys.path]


def _serve_one(channel: socket.socket, request: Request, sources: Sources, common: Sequence[int]) -> None:
    try:
        if (file := sources.changed()) is not None:
            reply: dict[str, object] = {"stale": file}
        elif not is_alone():
            reply = {"spoiled": None, "why": "a thread was started after the imports"}
        else:
            reply = {"born": bear(_births(request), common)}
    finally:
        # Before the answer: the parent may ask at once whether the locks among these are free.
        for fd in request.fds:
            os.close(fd)
    answer(channel, reply)


def _births(request: Request) -> list[Birth]:
    rest = iter(request.fds)
    return [Birth(payload, [next(rest) for _ in range(count)]) for payload, count in request.value]


def _die_with(parent: int) -> None:
    """Have the kernel kill this process when the write end of the parent's pipe is closed, whatever it does then.

    The description must be our own: who is signalled is a property of it, and children have the same pipe.
    """
    watch = os.open(f"/proc/self/fd/{parent}", os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    fcntl.fcntl(watch, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(watch, fcntl.F_SETSIG, signal.SIGKILL)
    fcntl.fcntl(watch, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
    with suppress(BlockingIOError):
        # It may have closed before we asked to be told. Not select: that shows no hang-up that came before our open.
        if os.read(watch, 1) == b"":
            os._exit(0)
