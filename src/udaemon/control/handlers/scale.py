"""`scale`: daemons shall have other numbers of instances than the manifest says, until it is applied again.

Knows no process: the host changes over to a manifest with these numbers, as `apply` has it change over to another one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from udaemon.control.handlers.apply import as_they_are, wait_for_moved
from udaemon.control.host import Host
from udaemon.control.request import Request
from udaemon.manifest.model import Manifest
from udaemon.manifest.scaling import Scaled, scale
from udaemon.policy.events import StartAsked
from udaemon.policy.instance import Key, Wanted


def handle(host: Host, request: Request) -> None:
    """Give the daemons in `instances` the numbers that stand there, and report what starts and what stops.

    First comes `{"scaled": [{"name", "before", "after"}]}`. With `now` no run is waited for. With `dry_run` nothing is
    done, and the answer is that with the instances that would be started and stopped as `started` and `stopped`.
    """
    after, scaled = scale(host.manifest, request.numbers("instances"))
    told = {"scaled": [one._asdict() for one in scaled]}
    if request.flag("dry_run"):
        stopped = [str(Key(one.name, index)) for one in scaled for index in range(one.after, one.before)]
        request.answer(told | {"started": [str(key) for key in _down(host, after, scaled)], "stopped": stopped})
        return
    before = as_they_are(host)
    host.change(after, at_once=request.flag("now"))
    request.send(told)
    host.ask(host.order.to_start(_down(host, after, scaled)), StartAsked())
    wait_for_moved(host, request, before, timeout=request.seconds("wait_timeout"))


def _down(host: Host, manifest: Manifest, scaled: Iterable[Scaled]) -> Iterator[Key]:
    """Those that are to be up and are not wanted so yet: whoever says how many there shall be wants them all."""
    for one in scaled:
        for index in range(one.after if manifest.daemons[one.name].enabled else 0):
            key = Key(one.name, index)
            if not host.has(key) or host.view(key).instance.wanted is Wanted.DOWN:
                yield key
