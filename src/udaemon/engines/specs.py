"""From a daemon as it is declared to what its child is told.

Knows nothing of files or processes; the supervisor's side and `udaemon run` come through here.
"""

from __future__ import annotations

from udaemon.child.spec import ChildSpec
from udaemon.manifest.model import Daemon, Manifest


def spec_of(manifest: Manifest, daemon: Daemon, index: int, *, slot: int = 0) -> ChildSpec:
    """The spec of one instance of a factory daemon."""
    if daemon.factory is None:
        raise ValueError(f"{daemon.name} has no factory")
    on = daemon.on
    listeners = {"start": on.start, "task_done": on.task_done, "task_failed": on.task_failed}
    return ChildSpec(
        name=daemon.name,
        index=index,
        instances=daemon.instances,
        project=manifest.project,
        context=manifest.context,
        factory=daemon.factory,
        params=dict(daemon.params),
        env=dict(daemon.env),
        cwd=daemon.cwd or manifest.directory,
        umask=daemon.umask,
        sleep=daemon.sleep,
        min_sleep=daemon.min_sleep,
        directory=manifest.directory,
        preload=daemon.preload,
        listeners={kind: names for kind, names in listeners.items() if names},
        slot=slot,
        memory_limit=daemon.memory_limit,
        memory_threshold=daemon.memory_threshold,
    )
