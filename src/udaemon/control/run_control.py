"""What `pause`, `resume` and `kick` have in common: they are about runs, and are answered at once.

Knows no verb: each says what its outcome is called.
"""

from __future__ import annotations

from collections.abc import Callable

from udaemon.control.host import Host
from udaemon.control.request import Request
from udaemon.control.selection import select
from udaemon.policy.events import KickAsked, PauseAsked, ResumeAsked
from udaemon.policy.instance import Instance
from udaemon.policy.runs import has_runs


def ask_about_runs(
    host: Host,
    request: Request,
    event: PauseAsked | ResumeAsked | KickAsked,
    told: Callable[[Instance, Instance], str | None],
    *,
    only_up: bool = False,
) -> None:
    """Ask the instances that are named; answer `{"outcomes": [{"name", "instance", "ok", "message"}], "failed": n}`.

    Args:
        host: Where things happen.
        request: Has the names.
        event: What they are asked for.
        told: Gives the sentence for what an instance was and is, None where it did not do it.
        only_up: Whether it says nothing to those that do not run.
    """
    before = {view.key: view.instance for view in select(host, request.names())}
    host.ask([key for key, instance in before.items() if has_runs(instance)], event)
    outcomes = []
    for key, was in before.items():
        message, ok = told(was, host.view(key).instance), True
        if not has_runs(was):
            message, ok = "has no runs: it is a command that goes on until it ends", False
        elif message is None or (only_up and was.at_rest):
            message, ok = f"is {was.state}: udaemon start {key.name}", False
        outcomes.append({"name": key.name, "instance": key.index, "ok": ok, "message": message})
    request.answer({"outcomes": outcomes, "failed": sum(not outcome["ok"] for outcome in outcomes)})
