"""Events one after the other: what an event means for other instances happens before the next one, and stops in order.

Makes no system call and decides nothing. An event that comes while another is handled waits its turn.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

from udaemon.policy.events import Event, NeedsChanged, StopAsked
from udaemon.policy.fleet import Fleet
from udaemon.policy.instance import Instance, Key
from udaemon.supervisor.ordered_stops import OrderedStops


class EventQueue:
    """What is still to happen.

    Args:
        fleet: To whose instances.
        handle: Called with each event when it is its turn.
        clock: Monotonic seconds.
    """

    def __init__(self, fleet: Fleet, handle: Callable[[Key, Event], None], clock: Callable[[], float]) -> None:
        self._clock = clock
        self._fleet = fleet
        self._handle = handle
        self._queue: deque[tuple[Key, Event]] = deque()
        self._stops = OrderedStops(fleet, self.happen)
        self._busy = False

    def happen(self, key: Key, event: Event) -> None:
        """Let an event happen to an instance, and all that follows from it."""
        self._queue.append((key, event))
        if self._busy:
            return
        self._busy = True
        try:
            while self._queue or self._stops.release(self._clock()):
                if self._queue:
                    self._handle(*self._queue.popleft())
        finally:
            self._busy = False

    def ask(self, keys: Iterable[Key], event: Event) -> None:
        """Let an event happen to several; a stop first to those that need others of them."""
        if isinstance(event, StopAsked):
            self._stops.ask(keys, event, self._clock())
            return
        for key in keys:
            self.happen(key, event)

    def has_happened(self, before: Instance) -> None:
        """Have those that an event concerns beside its own instance hear of it before anything else happens."""
        self._stops.has_happened(before)
        turns = [(key, NeedsChanged()) for key in self._fleet.turns.next()]
        if concerned := (*turns, *self._fleet.order.concerned(before)):
            self._queue.extendleft(reversed(concerned))

    def needs_changed(self) -> None:
        """A daemon has come, gone or is declared otherwise: those that wait may wait for something else now."""
        for key in self._fleet.held_back():
            self.happen(key, NeedsChanged())
