"""Copies of this process for what changes the one that does it, or is about forks; none of them is left behind.

Knows nothing of what they do.
"""

from __future__ import annotations

import json
import os
import select
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker
from typing import Any

from tests.fakes.zygote import FakeParent

from udaemon.engines.zygote.context import ZygoteContext
from udaemon.engines.zygote.wire import Part
from udaemon.system.subreaper import subreaper

_PATIENCE = 20.0
"""Seconds."""


def in_a_fork(act: Callable[[], Any]) -> Any:
    """What this returns in a copy of the process, as JSON has it; what it raises there is a failure."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.write(write, json.dumps([act()]).encode())
        except BaseException as error:
            os.write(write, json.dumps(f"{type(error).__name__}: {error}").encode())
        finally:
            os._exit(0)
    os.close(write)
    with open(read, "rb") as pipe:
        told = json.loads(pipe.read() or "null")
    os.waitpid(pid, 0)
    assert isinstance(told, list), told
    return told[0]


def ends(pid: int) -> int:
    """Wait for the end of a child, and reap it. Its exit code, negative for a signal."""
    pidfd = os.pidfd_open(pid)
    try:
        assert select.select([pidfd], [], [], _PATIENCE)[0], f"{pid} lives on"
    finally:
        os.close(pidfd)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@contextmanager
def orphans_are_ours() -> Iterator[None]:
    """Whoever is orphaned meanwhile is a child of ours, as of a zygote's parent; SIGCHLD is what it was afterwards."""
    former = signal.getsignal(signal.SIGCHLD)
    with subreaper():
        yield
    signal.signal(signal.SIGCHLD, former)


def part(target: Any, *args: object) -> Part:
    """A process to be, as it is sent to a zygote, but without a copy of the resource tracker of this process."""
    tracker: Any = resource_tracker._resource_tracker
    former, tracker._fd = tracker._fd, None
    try:
        return ZygoteContext(parent=FakeParent()).Process(target=target, args=args).start_watched().part
    finally:
        tracker._fd = former
