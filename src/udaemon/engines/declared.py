"""From a declared daemon to the command that is executed for it, and the environment that goes with it.

Knows nothing of how it is started.
"""

from __future__ import annotations

import os

from udaemon.child.environment import MARKS, surroundings
from udaemon.engines.base import SpawnRequest
from udaemon.engines.commands import Command, shell
from udaemon.manifest.implied import implied
from udaemon.manifest.model import Manifest


def command(request: SpawnRequest, manifest: Manifest) -> Command:
    """What to execute for a command daemon. A program with a slash is looked for from `cwd`, as execve(2) does."""
    daemon = request.daemon
    argv = daemon.command or ()
    cwd = daemon.cwd or manifest.directory
    marks = (manifest.project, daemon.name, str(request.key.index), str(daemon.instances), manifest.context)
    return Command(
        argv=shell(argv) if daemon.shell else argv,
        env=surroundings(implied(daemon, os.environ) | dict(daemon.env), cwd) | dict(zip(MARKS, marks, strict=True)),
        cwd=cwd,
        umask=daemon.umask,
        output=request.output,
        keep=(request.lock,),
    )
