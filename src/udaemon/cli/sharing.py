"""What daemons share, as `check -v` prints it: module by module, with the place and reason where one is not shared.

Knows nothing of how it is found out; nothing is imported for it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from udaemon.child.environment import search_path, surroundings
from udaemon.engines.zygote.recipe import OWN_ENVIRONMENT, begins_bare, root_of
from udaemon.engines.zygote.sharing import Sharing
from udaemon.manifest.model import Daemon, Manifest
from udaemon.manifest.report import shown_path
from udaemon.policy.plan import is_forked, plans
from udaemon.units import counted

_NOTHING = "begins with nothing loaded"


def sharing_lines(manifest: Manifest, base: str) -> Iterator[str]:
    """Describe what each daemon that a zygote forks shares with others.

    Args:
        manifest: What is declared.
        base: Paths are shown from there.
    """
    starts = plans(manifest)
    for daemon in manifest.daemons.values():
        if not is_forked(daemon) or not daemon.enabled:
            continue
        if daemon.python is not None:
            yield f"{daemon.name} runs in {shown_path(daemon.python, base)}, and shares what is there\n"
        elif begins_bare(starts[daemon.name]):
            yield f"{daemon.name} {_NOTHING}: {OWN_ENVIRONMENT}\n"
        else:
            yield from _of(daemon, manifest, base)


def _of(daemon: Daemon, manifest: Manifest, base: str) -> Iterator[str]:
    root = root_of(daemon)
    added = search_path(surroundings(daemon.env, manifest.directory), manifest.directory)
    sharing = Sharing((root,), [manifest.directory, *added, *sys.path])
    if sharing.patches_the_world(root):
        yield f"{daemon.name} {_NOTHING}: it patches the standard library\n"
        return
    libraries = {library.module for library in sharing.libraries(root)}
    modules = sharing.shared(root)
    told = ", ".join(modules) if modules else "none of the project's modules"
    count = counted(len(libraries), "library", "libraries")
    yield f"{daemon.name} shares {told} and {count}\n"
    for one in sharing.unshared(root):
        place = "" if one.file is None else f" ({shown_path(one.file, base)}:{one.reason.line})"
        yield f"  imports {one.module} for itself{place}: {one.reason.text}\n"
