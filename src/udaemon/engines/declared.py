"""From a declared daemon to the command that is executed for it, and the environment that goes with it.

Knows nothing of how it is started.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from udaemon.engines.base import SpawnRequest
from udaemon.engines.commands import Command, shell
from udaemon.manifest.implied import implied
from udaemon.manifest.model import Manifest

_MARKS = ("UDAEMON_PROJECT", "UDAEMON_NAME", "UDAEMON_INSTANCE", "UDAEMON_INSTANCES", "UDAEMON_CONTEXT")


def command(request: SpawnRequest, manifest: Manifest) -> Command:
    """What to execute for a command daemon. A program with a slash is looked for from `cwd`, as execve(2) does."""
    daemon = request.daemon
    argv = daemon.command or ()
    marks = (manifest.project, daemon.name, str(request.key.index), str(daemon.instances), manifest.context)
    return Command(
        argv=shell(argv) if daemon.shell else argv,
        env=surroundings(implied(daemon, os.environ) | dict(daemon.env)) | dict(zip(_MARKS, marks, strict=True)),
        cwd=daemon.cwd or manifest.directory,
        umask=daemon.umask,
        output=request.output,
        keep=(request.lock,),
    )


def surroundings(added: Mapping[str, str]) -> dict[str, str]:
    """Our environment with `added`; without what a udaemon may have said of ourselves."""
    return {name: value for name, value in os.environ.items() if name not in _MARKS} | dict(added)
