"""`wait`: answer when instances are ready, have stopped, or have had a good run. Changes nothing."""

from __future__ import annotations

from collections.abc import Callable

from udaemon.control.host import Host, InstanceView
from udaemon.control.outcomes import why_ended
from udaemon.control.request import Request
from udaemon.control.selection import select
from udaemon.control.wait import Outcome, wait_for_outcomes
from udaemon.errors import ExitCode, UdaemonError
from udaemon.policy.instance import State
from udaemon.policy.runs import is_between_runs


def handle(host: Host, request: Request) -> None:
    """Wait for `until`: `ready`, `stopped` or `run-ok`, on every instance that `names` means."""
    until = request.text("until")
    if until not in _CONDITIONS:
        known = ", ".join(_CONDITIONS)
        raise UdaemonError(f"cannot wait for {until[:40]!r}", f"a daemon can be waited for: {known}", ExitCode.USAGE)
    views = select(host, request.names())
    keys = [view.key for view in views]
    wait_for_outcomes(
        request, host, keys, _CONDITIONS[until], timeout=request.seconds("timeout"), runs=until == "run-ok"
    )


def _ready(view: InstanceView) -> Outcome | None:
    if view.instance.state is State.RUNNING or is_between_runs(view.instance):
        return Outcome(ok=True, message="is ready")
    return _hopeless(view)


def _stopped(view: InstanceView) -> Outcome | None:
    return Outcome(ok=True, message=f"is {view.instance.state}") if view.instance.at_rest else None


def _run_ok(view: InstanceView) -> Outcome | None:
    if view.daemon.command is not None and not view.daemon.is_scheduled:
        raise UdaemonError(f"{view.key} is a command: it has no runs", "wait for it to be ready, or stopped")
    if view.slot is not None and view.slot.last_outcome == "ok":
        return Outcome(ok=True, message=f"has had a good run (run {view.slot.last_id})")
    return _hopeless(view)


def _hopeless(view: InstanceView) -> Outcome | None:
    """What rests goes on only when the operator asks, and he waits."""
    instance = view.instance
    if instance.state is State.DISABLED:
        return Outcome(ok=False, message="is disabled in the manifest")
    if instance.state is State.FAILED:
        return Outcome(ok=False, message=f"failed: {why_ended(instance)}")
    if instance.held_back and instance.missing is not None and instance.missing.cause:
        return Outcome(ok=False, message=f"is {instance.message}")
    if instance.at_rest:
        return Outcome(ok=False, message=f"is {instance.state}, and nothing starts it: udaemon start {view.key}")
    return None


_CONDITIONS: dict[str, Callable[[InstanceView], Outcome | None]] = {
    "ready": _ready,
    "stopped": _stopped,
    "run-ok": _run_ok,
}
