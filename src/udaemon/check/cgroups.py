"""Whether the control groups that a manifest asks for could be had by a supervisor that is started from here.

Makes none, and changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from udaemon.manifest.model import Manifest
from udaemon.manifest.problems import Finding
from udaemon.system.cgroup import Hierarchy, own_directory


def check_cgroups(manifest: Manifest, groups: Hierarchy | None = None) -> Iterator[Finding]:
    """Warn of daemons that could not be started from here for that; one that may go without is no matter."""
    asking = [one for one in manifest.daemons.values() if one.enabled and one.cgroup.limits and not one.cgroup.optional]
    if not asking:
        return
    groups = groups or Hierarchy(own_directory())
    for daemon in asking:
        if (why := groups.look([*daemon.cgroup.limits])) is not None:
            message = f"would not be started from here: {why}"
            hint = "start udaemon where it has such a group, or set optional = true to go without"
            yield Finding("no-cgroup", message, hint, ("daemons", daemon.name, "cgroup"), severity="warning")
