"""`reexec`: the installed code shall take the place of this supervisor. Knows nothing of how."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from udaemon.control.host import Host
from udaemon.control.request import Request
from udaemon.errors import UdaemonError


def handle(host: Host, request: Request) -> None:
    """Answer with the versions right before this process ends, and leave the connection open until it has.

    With `dry_run` only what would happen is told. Where the installed code cannot take over that is an error, and
    nothing has changed.
    """
    dry_run = request.flag("dry_run")
    host.reexec(lambda told: request.guard(partial(_tell, request, told, dry_run=dry_run)), dry_run=dry_run)


def _tell(request: Request, told: Mapping[str, Any] | UdaemonError, *, dry_run: bool) -> None:
    if isinstance(told, UdaemonError):
        raise told
    request.lingers = not dry_run
    request.answer(told)
