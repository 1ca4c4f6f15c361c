"""The supervisor's process from the handoff to its exit code.

Knows nothing of what a supervisor does.
"""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

from udaemon.errors import UdaemonError
from udaemon.service.file_limit import reason
from udaemon.service.handoff import receive, report
from udaemon.service.supervisor import Service

if TYPE_CHECKING:
    from udaemon.engines.zygote.prefork import PreforkedZygote


def main(fd: int, preforked: PreforkedZygote) -> int:
    """Run as the supervisor of the project that `up` hands over through `fd`. Returns the exit code."""
    handed = receive(fd)
    if handed is None:
        return 0
    gc.freeze()
    gc.enable()
    try:
        service = Service(handed, preforked)
        service.begin()
    except UdaemonError as error:
        report(handed.ready, error.message)
        return 1
    except OSError as error:
        report(handed.ready, reason(error, handed.directory))
        return 1
    report(handed.ready)
    service.run()
    return 0
