"""Which slot of the scoreboard each instance has: given out when it comes, taken back when it goes, and used again.

Knows nothing of what stands in a slot. The lowest free one is given first, so that the scoreboard stays as small as the
most instances there ever were at a time.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable

from udaemon.child import after_run
from udaemon.child.pace import write_pace
from udaemon.child.run_locks import allow
from udaemon.child.scoreboard import Scoreboard, SlotWriter, map_all
from udaemon.child.slot_requests import kick, pause
from udaemon.child.spec import Pace
from udaemon.policy.effects import Allow, CountMissed, Kick, Pause, Trigger
from udaemon.policy.events import RunSeen
from udaemon.policy.followed import Followed
from udaemon.policy.instance import Instance, Key
from udaemon.policy.timers import Timer

_ROUND = 16
"""Slots are made so many at a time, 32 KB: whoever adds a daemon or two to a project needs no further region."""


def rounded(instances: int) -> int:
    """How many slots to make for so many instances."""
    return max(1, -(-instances // _ROUND)) * _ROUND


class Slots:
    """The slots of a scoreboard by key.

    Args:
        scoreboard: Its slots are all free.
    """

    def __init__(self, scoreboard: Scoreboard, keys: Iterable[Key] = ()) -> None:
        self._scoreboard = scoreboard
        self._taken: dict[Key, int] = {}
        self._maps: dict[int, memoryview[float]] = {}
        self._free = list(range(scoreboard.slots))
        for key in keys:
            self.take(key)

    def inherit(self, names: Iterable[tuple[int, Key]]) -> None:
        """Go on with the slots that another supervisor has given out; none is given out yet."""
        self._taken = {key: slot for slot, key in names}
        self._free = sorted(set(range(self._scoreboard.slots)) - set(self._taken.values()))

    def __getitem__(self, key: Key) -> int:
        """The slot of an instance.

        Raises:
            KeyError: It has none.
        """
        return self._taken[key]

    def writer(self, key: Key) -> SlotWriter:
        """Writes into the slot of an instance whose process does not know of it."""
        fd, slot = self._scoreboard.locate(self._taken[key])
        if fd not in self._maps:
            self._maps[fd] = map_all(fd)
        return SlotWriter.of(self._maps[fd], slot)

    def run_number(self, key: Key) -> int:
        """The number of the run that goes on, or comes next."""
        return self.writer(key).count + 1

    def ask(self, instance: Instance, effect: Pause | Kick | Allow | Trigger | CountMissed) -> bool:
        """Write what the task of an instance is asked for. Returns whether it is to look for that now."""
        key = instance.key
        match effect:
            case Pause(paused):
                self.pause(key, paused=paused)
            case Kick():
                self.kick(key)
            case Allow(run):
                self.allow(key, run)
            case Trigger(after):
                names = [one.name for one in instance.daemon.after_run]
                if after.name in names:
                    self.trigger(key, names.index(after.name), after)
            case CountMissed():
                self.writer(key).miss(1)
        return not isinstance(effect, CountMissed)

    def kick(self, key: Key) -> None:
        """Ask the task of an instance for a run."""
        kick(*self._scoreboard.locate(self._taken[key]))

    def pause(self, key: Key, *, paused: bool) -> None:
        """Have the task of an instance begin no run, or go on."""
        pause(*self._scoreboard.locate(self._taken[key]), paused=paused)

    def run_seen(self, instance: Instance, now: float) -> RunSeen | None:
        """What its slot says of the run that is under way, where one may have taken too long by now."""
        about_a_run = instance.timers.due(now) is Timer.RUN
        slot = self._scoreboard.read_slot(self._taken[instance.key]) if about_a_run else None
        return None if slot is None else RunSeen(slot.pid, slot.count + 1, slot.current_started_at, slot.next_at)

    def trigger(self, key: Key, source: int, after: Followed) -> None:
        """Let the task of an instance have a run after this one."""
        place = self._scoreboard.locate(self._taken[key])
        after_run.trigger(*place, source, after.index, after.run, ok=after.outcome == "ok")

    def forget_triggers(self, key: Key) -> None:
        """Let what its task was to run after, and has not, be forgotten."""
        after_run.forget(*self._scoreboard.locate(self._taken[key]))

    def tells_runs(self, key: Key) -> bool:
        """Whether the task of an instance tells of each run."""
        return after_run.tells_runs(*self._scoreboard.locate(self._taken[key]))

    def tell_runs(self, key: Key, pace: Pace, *, tells: bool) -> None:
        """Have it do so or not; that there is a pace to take has also a loop look up that never pauses."""
        after_run.tell_runs(*self._scoreboard.locate(self._taken[key]), tells=tells)
        write_pace(*self._scoreboard.locate(self._taken[key]), pace)

    def allow(self, key: Key, run: int) -> None:
        """Let the task of an instance begin a run."""
        allow(*self._scoreboard.locate(self._taken[key]), run)

    def take(self, key: Key) -> int:
        """Give an instance a slot, empty and with its name; the one that it has already, if any.

        Raises:
            OSError: There is none, and no memory for more.
        """
        if key in self._taken:
            return self._taken[key]
        self.make_room(1)
        slot = self._free[0]
        self._scoreboard.assign(slot, str(key))
        heapq.heappop(self._free)
        self._taken[key] = slot
        return slot

    def make_room(self, instances: int) -> None:
        """See that there are free slots for so many more. What lacks becomes one region of the scoreboard.

        Raises:
            OSError: There is no memory for them.
        """
        lacking = instances - len(self._free)
        if lacking > 0:
            first = self._scoreboard.slots
            self._scoreboard.grow(rounded(lacking))
            self._free += range(first, self._scoreboard.slots)  # higher than all that are free: still a heap

    def give_back(self, key: Key) -> None:
        """Take the slot of an instance back, of which nothing lives any more: whatever has it mapped writes there."""
        slot = self._taken.pop(key)
        self._scoreboard.assign(slot, "")
        heapq.heappush(self._free, slot)
