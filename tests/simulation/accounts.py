"""What there is to know of each instance beside what the supervisor says of it, over the deaths of supervisors.

Decides nothing. A supervisor that dies takes with it what it had not written down, and so does its account.
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterator, Mapping

from attrs import define
from tests.simulation.world import World

from udaemon.policy import ledger
from udaemon.policy.instance import Instance, Key
from udaemon.policy.ledger import Entry


@define
class Account:
    """One instance.

    Attributes:
        told: How many starts of it were told.
        exits: How many ends.
        restarts: How many of its starts were udaemon's own idea.
        running: The process that was told and has not ended.
        by_hand: Whether the start to come is the operator's.
        bound: When its stop has to be over, and by how much the supervisor had been late when that was said.
        kill_from: When it may be killed.
        unsure: What it was is not known exactly.
        stale: A supervisor that died could not write it down, for want of room.
        up: Its own process has its program.
        ready: And was said to be ready.
        ended_well: Its own process has, when it ended last.
        owes_tidying: Its own process was there, and what is to be done after its end was not begun.
        instance: What it is, None for one that never changed, or is no more.
    """

    told: int = 0
    exits: int = 0
    restarts: int = 0
    running: int | None = None
    by_hand: bool = False
    bound: tuple[float, float] | None = None
    kill_from: float | None = None
    unsure: bool = False
    stale: bool = False
    up: bool = False
    ready: bool = False
    ended_well: bool = False
    owes_tidying: bool = False
    instance: Instance | None = None


class Accounts:
    """All of them, as they are and as they were when the ledger was written last.

    Args:
        world: Told what is wrong.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._now: dict[Key, Account] = {}
        self._written: dict[Key, Account] = {}
        self._changed: set[Key] = set()

    def __iter__(self) -> Iterator[Key]:
        return iter(self._now)

    def of(self, key: Key) -> Account:
        """The account of an instance, which is about to change."""
        self._changed.add(key)
        if (account := self._now.get(key)) is None:
            account = self._now[key] = Account()
        return account

    def seen(self, key: Key) -> Account:
        """The account of an instance, to look at."""
        return self._now.get(key) or self.of(key)

    def recorded(self) -> None:
        """The ledger has all of it."""
        for key in self._changed:
            self._written[key] = copy.copy(self._now[key])
        self._changed.clear()

    def fall_back(self, keys: Collection[Key], entries: Mapping[Key, Entry], *, whole: bool) -> None:
        """The supervisor has died: what counts is what it has written down.

        Args:
            keys: Its instances.
            entries: The ledger.
            whole: Whether there was room for all of it.
        """
        for key in self._now.keys() - keys:
            del self._now[key]
        for key in keys:
            now, written = self._now.get(key, Account()), self._written.get(key, Account())
            entry = entries.get(key)
            found = next((one for one in (now, written) if _says(entry, one.instance)), None)
            if not whole and key in self._changed:
                found = None
            if found is None:
                if whole:
                    self._world.wrong(f"I24: the ledger says {entry} of {key}, which was {now.instance}")
                found = written
                found.unsure = found.stale = True
                found.running = None if entry is None else entry.pid
                found.instance = None if entry is None or now.instance is None else _restored(entry, now.instance)
            self._now[key], self._written[key] = copy.copy(found), found
        self._changed.clear()


def _restored(entry: Entry, known: Instance) -> Instance:
    return ledger.restored(entry, known.daemon, known.index, known.plan)


def _says(entry: Entry | None, instance: Instance | None) -> bool:
    """Whether that is all that is to be known of it."""
    if entry is None or instance is None:
        return entry is None and instance is None
    (known,) = ledger.read(ledger.line(instance)).entries.values()
    return known.fields == entry.fields
