"""The instances that an operator named, as views of a host.

Knows no verb; what a name means is `manifest/selection.py`'s.
"""

from __future__ import annotations

from collections.abc import Sequence

from udaemon.control.host import Host, InstanceView
from udaemon.manifest.selection import choose


def select(host: Host, names: Sequence[str]) -> list[InstanceView]:
    """The instances that `names` mean, in the manifest's order; all of them for no name.

    Raises:
        UdaemonError: A name fits nothing.
    """
    views = list(host.instances())
    if not names:
        return views
    chosen = choose({view.key.name: view.daemon for view in views}, names)
    return [view for view in views if view.key.index in chosen.get(view.key.name, ())]
