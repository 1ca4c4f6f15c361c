"""Whether anybody may write the modules that root is about to run.

Knows nothing of what is in them; nothing is imported.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator

from udaemon.child.environment import search_path, surroundings
from udaemon.engines.callable_of import callable_of
from udaemon.engines.zygote.find import Finder
from udaemon.manifest.model import Daemon, Manifest
from udaemon.manifest.problems import Finding
from udaemon.policy.plan import has_task


def check_module_files(manifest: Manifest) -> Iterator[Finding]:
    """Name the tasks and factories in files that everybody may write; only root has more than he could get."""
    if os.geteuid() != 0:
        return
    asked: dict[tuple[str, str | None], str | None] = {}
    for daemon in manifest.daemons.values():
        if daemon.enabled and has_task(daemon):
            one = (callable_of(daemon).partition(":")[0], daemon.env.get("PYTHONPATH"))
            if one not in asked:
                asked[one] = _writable_file(one[0], daemon, manifest.directory)
            if (file := asked[one]) is not None:
                message = f"root runs no module that anybody may write: {file}"
                yield Finding("unsafe", message, f"chmod o-w {file}", ("daemons", daemon.name, daemon.kind))


def _writable_file(module: str, daemon: Daemon, directory: str) -> str | None:
    """The file of a module, if anybody may write it."""
    added = search_path(surroundings(daemon.env, directory), directory)
    found = Finder([directory, *added, *sys.path], {module.partition(".")[0]}).find(module)
    return found.file if found is not None and found.file is not None and _anybody_may_write(found.file) else None


def _anybody_may_write(file: str) -> bool:
    try:
        return bool(os.stat(file).st_mode & stat.S_IWOTH)
    except OSError:
        return False
