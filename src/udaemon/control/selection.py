"""The instances that an operator named, as views of a host.

Knows no verb; what a name means is `manifest/selection.py`'s.
"""

from __future__ import annotations

from collections.abc import Sequence

from udaemon.control.host import Host, InstanceView
from udaemon.errors import UdaemonError
from udaemon.manifest.model import Daemon
from udaemon.manifest.selection import choose


def select(host: Host, names: Sequence[str]) -> list[InstanceView]:
    """The instances that `names` mean, in the manifest's order; all of them for no name.

    There may be none: a daemon can be scaled to that.

    Raises:
        UdaemonError: A name fits nothing.
    """
    views = list(host.instances())
    if not names:
        return views
    chosen = choose(_daemons(host), names)
    return [view for view in views if view.key.index in chosen.get(view.key.name, ())]


def select_daemons(host: Host, names: Sequence[str]) -> list[Daemon]:
    """The daemons that `names` mean, also those without an instance; all of them for no name.

    Raises:
        UdaemonError: A name fits nothing.
    """
    daemons = _daemons(host)
    return [daemons[name] for name in choose(daemons, names)]


def _daemons(host: Host) -> dict[str, Daemon]:
    return dict(host.manifest.daemons) | {view.key.name: view.daemon for view in host.instances()}


def select_to_start(host: Host, names: Sequence[str]) -> list[InstanceView]:
    """The same, for what is to be up.

    Raises:
        UdaemonError: There is none, or a name fits nothing.
    """
    views = select(host, names)
    if names and not views:
        message = f"there is no instance of {', '.join(names)}: scaled to 0"
        raise UdaemonError(message, f"udaemon scale {names[0]}=1 adds one")
    return views
