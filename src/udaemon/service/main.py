"""The supervisor's process, from what it is handed to its exit code.

Knows nothing of how the supervisor is made.
"""

from __future__ import annotations

import gc
import os
import socket
import traceback
from typing import TYPE_CHECKING

from udaemon.engines.fd_store import KEPT_STDERR
from udaemon.errors import UdaemonError
from udaemon.service.file_limit import reason
from udaemon.service.groundwork import Groundwork
from udaemon.service.handoff import receive, report
from udaemon.service.keeper_link import KeeperLink, Legacy, inherit
from udaemon.service.outlive import Outlive, handed_again
from udaemon.service.together import Together
from udaemon.system.descriptors import point_at_null

if TYPE_CHECKING:
    from udaemon.engines.zygote.prefork import PreforkedZygote


def main(fd: int, preforked: PreforkedZygote, keeper: int | None = None) -> int:
    """Run as the supervisor of the project that `up` hands over through `fd`. Returns the exit code.

    Args:
        fd: See there.
        preforked: A zygote that waits.
        keeper: Our end of the socket to the keeper, where there is one.
    """
    handed = receive(fd)
    if handed is None:
        return 0
    try:
        directory = handed.directory
        keeping = Together(directory) if keeper is None else Outlive(KeeperLink(_socket(keeper)), directory)
        ground = Groundwork(handed, preforked, keeping)
        ground.begin()
        from udaemon.service.supervisor import Service  # while the zygote loads what is the user's

        gc.freeze()
        gc.enable()
        service = Service(handed, keeping, ground)
        service.begin()
    except UdaemonError as error:
        report(handed.ready, error.message)
        return 1
    except OSError as error:
        report(handed.ready, reason(error, handed.directory))
        return 1
    except Exception:  # noqa: BLE001 - a bug, which whoever waits shall see
        report(handed.ready, traceback=traceback.format_exc())
        return 1
    report(handed.ready)
    service.run()
    return 0


def main_again(fd: int, preforked: PreforkedZygote) -> int:
    """Run as the supervisor that comes after another one, with what the keeper has kept of it."""
    from udaemon.service.rehearsal import rehearse
    from udaemon.service.supervisor import Service  # while there is time

    connection = _socket(fd)
    try:
        left = inherit(connection, rehearse)
    except EOFError:  # we stood by, and are not needed
        return 0
    _lead_stderr(left)
    gc.freeze()
    gc.enable()
    handed = handed_again(left)
    keeping = Outlive(KeeperLink(connection), handed.directory, left)
    ground = Groundwork(handed, preforked, keeping)
    ground.begin()
    service = Service(handed, keeping, ground)
    service.begin()
    service.run()
    return 0


def _lead_stderr(left: Legacy) -> None:
    """Write where it can be read later: what we wrote while we stood by the keeper has read."""
    kept = left.store.get(KEPT_STDERR)
    if kept is None:
        point_at_null(2)
    else:
        os.dup2(kept.fd, 2)


def _socket(fd: int) -> socket.socket:
    connection = socket.socket(fileno=fd)
    connection.set_inheritable(False)
    return connection
