"""Waiting until each of some instances has settled, which means that it has an outcome, and telling each as it does.

Knows no verb: what counts as an outcome is the caller's to judge. What was asked for goes on when the client has gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice

from udaemon.control.host import Host, InstanceView, Notice
from udaemon.control.request import Request
from udaemon.control.selection import select, select_to_start
from udaemon.errors import WaitTimedOut
from udaemon.frozen import frozen
from udaemon.manifest.secrets import masked_text
from udaemon.policy.events import RestartAsked, StartAsked, StopAsked
from udaemon.policy.instance import Instance, Key
from udaemon.units import form

_NAMED = 10
"""How many late instances are named."""


@frozen
class Outcome:
    """How it ended for one instance, in words that follow its name."""

    ok: bool
    message: str


GONE = Outcome(ok=False, message="is declared no more")
"""Of an instance that another manifest has taken away while somebody waited for it."""

Judge = Callable[[InstanceView], Outcome | None]
"""Gives the outcome of an instance as it is, or None while there is none yet."""


def ask_and_wait(
    request: Request,
    host: Host,
    event: StartAsked | StopAsked | RestartAsked,
    judge: Callable[[InstanceView, Instance], Outcome | None],
    *,
    fresh: bool = False,
    needs: bool = False,
) -> None:
    """Ask the instances that the request names for something, and wait for their outcomes.

    Args:
        request: Has the names, and for how long to wait.
        host: Where things happen.
        event: What they are asked for.
        judge: Gives the outcome of an instance as it is, from that and what it was before it was asked.
        fresh: As for `wait_for_outcomes`.
        needs: Ask what they need to be started, too.
    """
    views = (select_to_start if needs else select)(host, request.names())
    keys = [view.key for view in views]
    before = {key: host.view(key).instance for key in (host.order.to_start(keys) if needs else keys)}
    timeout = request.seconds("wait_timeout")
    host.ask(list(before), event)
    wait_for_outcomes(request, host, before, lambda view: judge(view, before[view.key]), timeout=timeout, fresh=fresh)


def wait_for_outcomes(
    request: Request,
    host: Host,
    keys: Iterable[Key],
    judge: Judge,
    *,
    timeout: float | None,
    runs: bool = False,
    fresh: bool = False,
    why: Callable[[InstanceView], str] = lambda view: why_pending(view.instance),
) -> None:
    """Report each instance as soon as `judge` has an outcome for it; answer when all have one.

    Each is reported as `{"name", "instance", "ok", "message", "of"}`, where `of` is how many there are; the answer is
    `{"failed": n}`, with the stamps of the manifest's `files`, for the client to look at, where that was asked for.

    Args:
        request: Where the reports go.
        host: Where things happen.
        keys: Which instances.
        judge: Gives the outcome of each.
        timeout: Seconds after which the request fails with what is still missing; None to wait for ever.
        fresh: Whether something was started, and the client should know what the files of the manifest were like then.
        runs: Whether good runs count, of which no notice tells.
        why: Says what an instance that has none lacks, in words that follow its name.
    """
    pending = dict.fromkeys(keys)
    count, failed = len(pending), 0

    def look(*these: Key) -> None:
        nonlocal failed
        for key in these:
            outcome = judge(host.view(key)) if host.has(key) else GONE
            if outcome is not None:
                del pending[key]
                failed += not outcome.ok
                report(request, key, outcome, count)
        if not pending:
            answer_settled(request, host, failed, fresh=fresh)

    def look_if_pending(key: Key | None) -> None:
        if key in pending:
            look(key)

    def on_notice(notice: Notice) -> None:
        look_if_pending(notice.key)

    def on_timeout() -> None:
        named = [key for key in islice(pending, _NAMED) if host.has(key)]
        late = "; ".join(f"{key} {why(host.view(key))}" for key in named)
        more = len(pending) - _NAMED
        late += f" and {more} more {form(more, 'is', 'are')} not" if more > 0 else ""
        request.fail(WaitTimedOut(f"not within {timeout:g} s: {late}"))

    look(*pending)
    if pending:
        request.follow(host, on_notice)
        if runs:
            request.follow_runs(host, look_if_pending)
        if timeout is not None:
            request.after(timeout, on_timeout)


def report(request: Request, key: Key, outcome: Outcome, of: int) -> None:
    """Send the outcome of one instance of so many."""
    told = {"name": key.name, "instance": key.index, "ok": outcome.ok, "message": masked_text(outcome.message)}
    request.send({**told, "of": of})


def answer_settled(request: Request, host: Host, failed: int, *, fresh: bool = True, **told: object) -> None:
    """Answer that all have settled; `fresh` as for `wait_for_outcomes`."""
    files = {"files": dict(host.manifest.files)} if fresh and host.manifest.files else {}
    request.answer({"failed": failed, **told} | files)


def why_pending(instance: Instance) -> str:
    """What an instance is, and why as far as that is known; in words that follow its name."""
    if instance.held_back and instance.message:
        return f"is {instance.message}"
    return f"is {instance.state}" + (f": {masked_text(instance.message)}" if instance.message else "")
