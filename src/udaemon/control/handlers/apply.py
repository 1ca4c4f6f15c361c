"""`apply`: what runs shall be as the manifest on disk says.

Knows no process: the host changes what it must, and this waits for what comes of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from udaemon.control.handlers.diff import described
from udaemon.control.host import Host, InstanceView
from udaemon.control.outcomes import started, stopped
from udaemon.control.request import Request
from udaemon.control.wait import Outcome, wait_for_outcomes
from udaemon.errors import UdaemonError
from udaemon.manifest.model import Manifest
from udaemon.policy.instance import Instance, Key, Wanted


def handle(host: Host, request: Request) -> None:
    """Read the manifest, send the plan (as `diff` answers it), carry it out, and report what starts, restarts, stops.

    With `now` no run is waited for. A manifest that cannot be used is an error with its problems, and changes nothing.
    Requests that come at once are carried out one after the other, each with the manifest as it is then.
    """
    now, timeout = request.flag("now"), request.seconds("wait_timeout")
    host.read_manifest(lambda read: request.guard(lambda: apply(host, request, read, at_once=now, timeout=timeout)))


def apply(host: Host, request: Request, read: Manifest | UdaemonError, *, at_once: bool, timeout: float | None) -> None:
    """Carry out what a manifest that was read changes, and answer."""
    if isinstance(read, UdaemonError):
        raise read
    former, before = host.manifest, as_they_are(host)
    request.send({"plan": described(host.change(read, at_once=at_once), former)})
    wait_for_moved(host, request, before, timeout=timeout)


def as_they_are(host: Host) -> Mapping[Key, Instance]:
    """Every instance as it is now, to be held against what it becomes."""
    return {view.key: view.instance for view in host.instances()}


def wait_for_moved(host: Host, request: Request, before: Mapping[Key, Instance], *, timeout: float | None) -> None:
    """Report each instance that a change has moved once it has settled, and answer."""
    moved = [view.key for view in host.instances() if _is_moved(before.get(view.key), view.instance)]
    wait_for_outcomes(request, host, moved, partial(_judge, before), timeout=timeout)


def _is_moved(before: Instance | None, now: Instance) -> bool:
    """Whether something was started, stopped or asked to make room: what changed live is done already."""
    if before is None:
        return now.wanted is Wanted.UP
    return (now.state, now.wanted, now.outdated) != (before.state, before.wanted, before.outdated)


def _judge(before: Mapping[Key, Instance], view: InstanceView) -> Outcome | None:
    was, instance = before.get(view.key), view.instance
    if instance.wanted is Wanted.DOWN and was is not None:
        return stopped(view, was)
    if was is None or was.pid is None:
        return None if instance.outdated else started(view, done="started")
    if instance.outdated or instance.pid == was.pid:
        return started(view, done="restarted") if instance.at_rest else None
    return started(view, done="restarted")
