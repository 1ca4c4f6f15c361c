"""A zygote that is forked from its parent before it is needed, and waits for its setup.

Knows nothing of that. A fork costs a hundredth of an interpreter's start, and shares
memory with the parent; so it is forked when that has loaded what daemons need, and nothing else yet.
"""

from __future__ import annotations

import gc
import os
import signal
import socket
from contextlib import suppress
from functools import partial
from typing import NamedTuple

from udaemon.child.stack import go_on
from udaemon.engines.daemon import warm_up
from udaemon.engines.zygote import wire
from udaemon.engines.zygote.server import serve
from udaemon.system.descriptors import close_others
from udaemon.system.exit_status import reap_soon
from udaemon.system.readable import wait_readable


class PreforkedZygote(NamedTuple):
    """A zygote that waits for its setup: how it is named, and our end of the socket to it.

    `report` tells of one that is executed whether that failed; see `Started`.
    """

    pid: int
    pidfd: int
    channel: socket.socket
    report: int | None = None

    def lives(self) -> bool:
        """Whether it has not ended."""
        try:
            return os.waitid(os.P_PIDFD, self.pidfd, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None
        except ChildProcessError:
            return False

    def kill(self) -> None:
        """Kill it, if it has not ended."""
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)

    def end(self) -> None:
        """Kill it and reap it, which takes the kernel a moment."""
        self.channel.close()
        self.kill()
        reap_soon(self.pidfd)
        os.close(self.pidfd)
        if self.report is not None:
            os.close(self.report)


def prefork_zygote(busy: int | None = None) -> PreforkedZygote:
    """Fork a zygote out of this process, which has one thread and /dev/null as its standard input.

    It ends when our end of its socket is closed.

    Args:
        busy: A descriptor that is readable once others have less to do: until then it lets them have the processors.
    """
    channel, far = wire.pair()
    pid = os.fork()
    if pid == 0:
        go_on(partial(_serve_preforked, far.detach(), busy))
    far.close()
    return PreforkedZygote(pid, watchable(pid), channel)


def _serve_preforked(fd: int, busy: int | None) -> int:
    os.setsid()  # a signal to our parent's group is not for us
    os.dup2(0, 2)  # whoever reads what our caller says waits for its end; output comes with the setup
    close_others({0, 1, 2, fd} | ({busy} if busy is not None else set()))
    if busy is not None:
        wait_readable(fd, busy)
        os.close(busy)
    warm_up()
    gc.freeze()  # while there is time: a collection after the imports then goes through these alone
    serve(fd)
    return 0


def watchable(pid: int) -> int:
    """A pidfd of a zygote; one that cannot be watched is not kept, and reaped as any orphan."""
    try:
        return os.pidfd_open(pid)
    except OSError:
        os.kill(pid, signal.SIGKILL)
        raise
