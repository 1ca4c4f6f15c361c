"""Whether the PHP that a manifest's daemons need is there, and how to get it.

Knows nothing of what they do with it. Only looks; nothing is run.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator

from udaemon.manifest.model import Daemon, Manifest
from udaemon.manifest.problems import Finding

_PHP = re.compile(r"php[0-9.]*")
_TASK = "udaemon.php:"


def missing_php(manifest: Manifest) -> Iterator[Finding]:
    """A finding for each daemon whose PHP is not on its PATH."""
    for daemon in manifest.daemons.values():
        key = "factory" if daemon.factory else "command"
        program = _program(daemon)
        path = daemon.env.get("PATH", os.environ.get("PATH"))
        if daemon.enabled and _PHP.fullmatch(os.path.basename(program)) and not _is_there(program, path):
            hint = "on Debian and Ubuntu: apt-get install php-cli"
            yield Finding("no-php", f"{program} is not installed", hint, ("daemons", daemon.name, key))


def _is_there(program: str, path: str | None) -> bool:
    import shutil  # takes longer than to look at 500 daemons, of which hardly any runs PHP

    return shutil.which(program, path=path) is not None


def _program(daemon: Daemon) -> str:
    """The program a daemon runs, as far as that can be seen; "" where it cannot."""
    if daemon.factory:
        return str(daemon.params.get("php", "php")) if daemon.factory.startswith(_TASK) else ""
    from udaemon.php import FOLLOW  # and with it what runs a task

    words = daemon.command or ("",)
    if daemon.shell:
        words = tuple(shlex.split(words[0]))
    before = words.index(FOLLOW) if FOLLOW in words else int(words[0] == "exec") - 1
    return words[before + 1] if before + 1 < len(words) else ""
