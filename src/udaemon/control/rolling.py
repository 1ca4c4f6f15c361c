"""A rolling restart: one instance after the other, each in its gap between two runs, and only while all goes well.

Knows no process. It lasts as long as its request: when the client has gone, the restart under way goes on, and no other
one begins. So whoever sees that something is wrong stops it by leaving.
"""

from __future__ import annotations

from collections.abc import Iterable

from udaemon.control.host import Host, InstanceView, Notice
from udaemon.control.outcomes import started
from udaemon.control.request import Request
from udaemon.control.wait import GONE, Outcome, answer_settled, report, why_pending
from udaemon.errors import WaitTimedOut
from udaemon.policy.events import RestartAsked
from udaemon.policy.instance import Instance, Key, State


class RollingRestart:
    """Restarts instances until one fails.

    Each is reported as `wait_for_outcomes` does; the answer is `{"failed": n, "left": […]}`, where `left` are those
    that were not touched.

    Args:
        request: Where the reports go.
        host: Where things happen.
        keys: Which instances, those of one daemon beside each other.
    """

    def __init__(self, request: Request, host: Host, keys: Iterable[Key]) -> None:
        self._request = request
        self._host = host
        self._left = list(keys)
        self._of = len(self._left)
        self._done: list[Key] = []
        self._stood_by: set[Key] = set()
        self._now: tuple[Key, Instance] | None = None

    def begin(self, timeout: float | None) -> None:
        """Restart the first one; the others follow."""
        self._request.follow(self._host, self._on_notice)
        if timeout is not None:
            self._request.after(timeout, lambda: self._on_timeout(timeout))
        self._next()

    def _next(self) -> None:
        """Restart another one, if all that were restarted stand."""
        for key in self._done:
            if (fallen := self._fallen(key)) is not None:
                self._end(key, fallen)
                return
        self._left = [key for key in self._left if self._host.has(key)]
        if not self._left:
            answer_settled(self._request, self._host, 0, left=[])
            return
        key = self._choose()
        self._left.remove(key)
        self._now = key, self._host.view(key).instance
        self._host.ask([key], RestartAsked(after_run=True))
        self._look()

    def _choose(self) -> Key:
        """The first of those of the first daemon that is down, as that costs nothing; else the first."""
        these = [key for key in self._left if key.name == self._left[0].name]
        return next((key for key in these if not _is_up(self._host.view(key).instance)), these[0])

    def _look(self) -> None:
        """See whether the restart under way is over."""
        if self._now is None:
            return
        key, before = self._now
        outcome = _judge(self._host.view(key), before) if self._host.has(key) else GONE
        if outcome is None:
            return
        self._now = None
        if not outcome.ok:
            self._end(key, outcome)
            return
        report(self._request, key, outcome, self._of)
        self._done.append(key)
        if self._host.view(key).instance.held_back:
            self._stood_by.add(key)
        self._request.after(0.0, self._next)  # in a turn of its own: what is under way happens before it

    def _fallen(self, key: Key) -> Outcome | None:
        if not self._host.has(key) or _is_up(instance := self._host.view(key).instance):
            return None
        settled = started(self._host.view(key), done="restarted")
        if settled is not None and settled.ok and instance.state is not State.RUNNING:
            return None  # it had something to do, and has done it
        if key in self._stood_by and instance.state is State.STARTING:
            return None  # what it waited for has come: a lock, from one that was restarted after it
        return Outcome(ok=False, message=f"did not stay up after its restart: {why_pending(instance)}")

    def _end(self, key: Key, outcome: Outcome) -> None:
        report(self._request, key, outcome, self._of)
        answer_settled(self._request, self._host, 1, left=[str(key) for key in self._left])

    def _on_notice(self, notice: Notice) -> None:
        if self._now is not None and notice.key == self._now[0]:
            self._look()

    def _on_timeout(self, timeout: float) -> None:
        late = f"{self._now[0]} {why_pending(self._host.view(self._now[0]).instance)}" if self._now else "none is late"
        message = f"not within {timeout:g} s: {late}; {len(self._done)} of {self._of} were restarted"
        self._request.fail(WaitTimedOut(message))


def _is_up(instance: Instance) -> bool:
    return instance.state is State.RUNNING and instance.probed.unready is None


def _judge(view: InstanceView, before: Instance) -> Outcome | None:
    """Settled when another process is ready, or none can be; the end of the one from before is waited for."""
    instance = view.instance
    same = before.pid is not None and (instance.pid, instance.started_at) == (before.pid, before.started_at)
    if same and not instance.at_rest:
        return None
    return started(view, done="restarted" if before.state is State.RUNNING else "started")
