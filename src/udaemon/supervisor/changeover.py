"""Has one manifest take the place of another while daemons run: who comes, who stays, who goes, and what goes with it.

Knows no file of a manifest and no process. What becomes of one instance is `policy`'s to say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from attrs import evolve

from udaemon.errors import UdaemonError
from udaemon.manifest.changes import Changes, compare, refuse_what_never_changes
from udaemon.manifest.model import Manifest
from udaemon.policy.change import Difference, difference, to_start
from udaemon.policy.events import Changed, Event, StartAsked, StopAsked
from udaemon.policy.fleet import Fleet
from udaemon.policy.instance import Key
from udaemon.policy.plan import plans
from udaemon.supervisor.log_pipes import LogPipes
from udaemon.supervisor.notices import Notices
from udaemon.supervisor.perform import Performer
from udaemon.supervisor.slots import Slots
from udaemon.supervisor.view import facts
from udaemon.system import oserror

MakeRoom = Callable[[int, int], None]
"""Called with how many instances there will be and how many of them are new; raises UdaemonError or OSError."""


class Happens(Protocol):
    """What the supervisor is asked for."""

    def happen(self, key: Key, event: Event) -> None:
        """Let an event happen to an instance."""

    def ask(self, keys: Iterable[Key], event: Event) -> None:
        """Let one happen to each of these."""

    def publish(self, key: Key | None, event: str, message: str, **data: Any) -> None:
        """Publish that something happened."""


class Changeover:
    """Changes the instances of a supervisor from what one manifest declares to what the next one does.

    Args:
        supervisor: Whose instances they are.
        fleet: The instances.
        slots: Of the scoreboard; given to who comes, taken back from who has gone.
        performer: Forgets who has gone.
        notices: Has the common logs.
        logs: Opens them.
        make_room: See `MakeRoom`.
        changed: Called with the manifest when another one is in effect, and when the last of what it does not declare
            has gone; until then that is in it too, for who has to go on with all there is.
    """

    def __init__(
        self,
        supervisor: Happens,
        fleet: Fleet,
        slots: Slots,
        performer: Performer,
        notices: Notices,
        *,
        logs: LogPipes,
        make_room: MakeRoom,
        changed: Callable[[Manifest], None],
    ) -> None:
        self._supervisor = supervisor
        self._fleet = fleet
        self._slots = slots
        self._performer, self._logs = performer, logs
        self._notices = notices
        self._make_room = make_room
        self._changed = changed
        self._manifest: Manifest | None = None
        self._going: dict[Key, None] = {}
        self._logs_may_close = False

    def change(self, before: Manifest, after: Manifest, *, at_once: bool) -> Changes:
        """Go by another manifest from now on: what it adds starts, what it lacks is stopped, and then gone.

        Raises:
            UdaemonError: It cannot take the place of the former one, or there is no room for what is added; then
                nothing has changed.
        """
        changes = compare(before, after)
        refuse_what_never_changes(changes)
        differs, former = difference(self._fleet.instances, after), dict(self._fleet.instances)
        self._prepare(after, differs)
        back = self._going.keys() & set(differs.kept)
        self._going, self._logs_may_close = dict.fromkeys(differs.removed), True
        planned = plans(after)
        for key in differs.added:
            self._fleet.add(after.daemons[key.name], key.index, planned[key.name])
            self._slots.take(key)
        self._fleet.arrange(differs.declared)
        self._fleet.turns.allow(after.max_starting)
        for key in differs.kept:
            self._supervisor.happen(key, Changed(after.daemons[key.name], planned[key.name], at_once))
        self._supervisor.ask(differs.removed, StopAsked(after_run=not at_once))
        starts = to_start(former, self._fleet.instances, back)
        self._supervisor.ask(self._fleet.order.to_start(starts), StartAsked())
        self._manifest = after
        self._changed(self._with_going(after))
        return changes

    def open_common_logs(self, manifest: Manifest) -> None:
        """Open the common logs of a manifest that are not open yet."""
        for path in dict.fromkeys(daemon.common_log for daemon in manifest.daemons.values()):
            if path not in self._notices.logs():
                self._notices.log_to(path, self._logs.common_log(path))

    def let_go(self) -> bool:
        """Forget those that are declared no more and of which nothing lives, and the common logs that were theirs.

        Returns:
            Whether there was one.
        """
        before = len(self._going)
        for key in tuple(self._going):
            instance = self._fleet.instances[key]
            if instance.at_rest and not instance.unkillable:
                self._supervisor.publish(key, "removed", "is declared no more", **facts(instance))
                del self._going[key]
                self._fleet.remove(key)
                self._slots.give_back(key)
                self._performer.forget(key)
                if not self._going and self._manifest is not None:
                    self._changed(self._manifest)
        if self._logs_may_close:
            self._logs_may_close = bool(self._going)
            used = {instance.daemon.common_log for instance in self._fleet.instances.values()}
            for path in [path for path in self._notices.logs() if path not in used]:
                self._notices.close_log(path)
        return len(self._going) < before

    def _with_going(self, manifest: Manifest) -> Manifest:
        daemons = dict(manifest.daemons)
        for key in self._going:
            daemon = daemons.get(key.name, self._fleet.instances[key].daemon)
            daemons[key.name] = evolve(daemon, instances=max(daemon.instances, key.index + 1))
        return evolve(manifest, daemons=daemons)

    def _prepare(self, manifest: Manifest, differs: Difference) -> None:
        """See that there is room for what is added, before anything changes."""
        try:
            self._make_room(len(differs.declared) + len(differs.removed), len(differs.added))
            self._slots.make_room(len(differs.added))
            self.open_common_logs(manifest)
        except OSError as error:
            raise UdaemonError(f"there is no room for what is added: {oserror.named_reason(error)}") from error
