"""Which instances an operator named: a daemon, a glob of daemons, or one instance as `name/1`.

Knows no verb.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from udaemon.control.host import Host, InstanceView
from udaemon.errors import ExitCode, UdaemonError
from udaemon.manifest.wording import near


def select(host: Host, names: Sequence[str]) -> list[InstanceView]:
    """The instances that `names` mean, in the manifest's order; all of them for no name.

    Raises:
        UdaemonError: A name fits nothing.
    """
    views = list(host.instances())
    if not names:
        return views
    chosen = set()
    for name in names:
        fitting = [view.key for view in views if _fits(name, view)]
        if not fitting:
            raise _unknown(name, views)
        chosen.update(fitting)
    return [view for view in views if view.key in chosen]


def _fits(name: str, view: InstanceView) -> bool:
    daemon, slash, index = name.partition("/")
    return fnmatchcase(view.key.name, daemon) and (not slash or index == str(view.key.index))


def _unknown(name: str, views: Iterable[InstanceView]) -> UdaemonError:
    daemons = {view.key.name: view.daemon.instances for view in views}
    daemon, slash, index = name.partition("/")
    if slash and daemon in daemons:
        count = daemons[daemon]
        known = f"{daemon}/0" if count == 1 else f"{daemon}/0 to {daemon}/{count - 1}"
        return UdaemonError(f"no such instance: {name}", f"there is {known}", ExitCode.NO_SUCH_DAEMON)
    meant = near(daemon, daemons)
    hint = f"did you mean {meant}{slash}{index}?" if meant else f"there is {', '.join(daemons)}"
    return UdaemonError(f"no such daemon: {name}", hint if daemons else None, ExitCode.NO_SUCH_DAEMON)
