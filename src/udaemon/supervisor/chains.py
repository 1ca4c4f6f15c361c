"""Runs after runs: each run that ends is a due time for the daemons that follow its daemon.

Decides nothing about a run: `policy/runs.py` does. A task whose runs nobody follows does not tell of them.
"""

from __future__ import annotations

from collections.abc import Callable

from attrs import evolve

from udaemon.child.scoreboard import CURRENT
from udaemon.engines.child_spec import pace_of
from udaemon.manifest.chains import AfterRun
from udaemon.manifest.model import Daemon
from udaemon.policy.events import Event, Exited, RunDue, RunEnded, StartAsked
from udaemon.policy.fleet import Fleet
from udaemon.policy.followed import Followed
from udaemon.policy.instance import Key
from udaemon.policy.plan import has_task
from udaemon.supervisor.slots import Slots


class Chains:
    """Who follows whom.

    Args:
        fleet: Has the instances.
        slots: Where tasks are told what their runs come after, and that their own are to be told.
        happen: Called with the event for an instance.
        nudge: Has the process of an instance look into its slot.
    """

    def __init__(
        self, fleet: Fleet, slots: Slots, happen: Callable[[Key, Event], None], nudge: Callable[[Key], None]
    ) -> None:
        self._fleet = fleet
        self._slots = slots
        self._happen = happen
        self._nudge = nudge
        self._followers: dict[str, list[tuple[Key, AfterRun]]] = {}
        self.arrange()

    def arrange(self) -> None:
        """Work out anew who follows whom: instances have come, gone or are declared otherwise."""
        self._followers = {}
        for key, instance in self._fleet.instances.items():
            for one in instance.daemon.after_run:
                self._followers.setdefault(one.name, []).append((key, one))
        for key, instance in self._fleet.instances.items():
            tells = key.name in self._followers
            if has_task(instance.daemon) and tells != self._slots.tells_runs(key):
                self._slots.tell_runs(key, pace_of(instance.daemon), tells=tells)
                self._nudge(key)

    def note(self, key: Key, event: Event) -> None:
        """Note what happens to an instance, before it changes for that."""
        instance = self._fleet.instances[key]
        if isinstance(event, StartAsked) and instance.daemon.after_run and instance.at_rest:
            self._slots.forget_triggers(key)  # what came before it rested has no run later
        if key.name not in self._followers:
            return
        if isinstance(event, RunEnded):
            self._run_over(key, event)
        elif isinstance(event, Exited) and has_task(instance.daemon):
            writer = self._slots.writer(key)
            if writer.words[CURRENT]:  # all that the process has said was heard: it died in that run
                self._run_over(key, RunEnded(writer.count + 1, ok=False))

    def _run_over(self, key: Key, event: RunEnded) -> None:
        for follower, one in self._followers[key.name]:
            if one.counts(ok=event.ok):
                outcome = "ok" if event.ok else "failed"
                self._happen(follower, RunDue(Followed(key.name, key.index, event.run, outcome)))


def told_of_run(daemon: Daemon, after: Followed | None) -> Daemon:
    """A command with the variables that name the run it comes after, if it comes after one."""
    if after is None:
        return daemon
    told = {"NAME": after.name, "INSTANCE": str(after.index), "RUN": str(after.run), "OUTCOME": after.outcome}
    return evolve(daemon, env={**daemon.env, **{f"UDAEMON_AFTER_{name}": value for name, value in told.items()}})
