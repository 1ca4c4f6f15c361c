"""Events one after the other: what comes while another is handled waits, and who is concerned hears first."""

from __future__ import annotations

import pytest
from tests.fakes.host import manifest

from udaemon.manifest.dependencies import Condition, Dependency
from udaemon.manifest.model import Daemon
from udaemon.policy.events import Event, NeedsChanged, Spawned, StartAsked, StopAhead, StopAsked
from udaemon.policy.fleet import Fleet
from udaemon.policy.instance import Key
from udaemon.supervisor.event_queue import EventQueue

DB, WEB, ALONE = Key("db", 0), Key("web", 0), Key("alone", 0)


class World:
    """A fleet whose events are handled as the supervisor does; `then` is what comes of one while it is handled."""

    def __init__(self) -> None:
        needs = (Dependency("db", Condition.STARTED),)
        self.fleet = Fleet(
            manifest(
                Daemon(name="db", command=("db",)),
                Daemon(name="web", command=("web",), depends_on=needs),
                Daemon(name="alone", command=("alone",)),
            )
        )
        self.queue = EventQueue(self.fleet, self.handle, lambda: 1000.0)
        self.handled: list[tuple[str, Event]] = []
        self.then: dict[tuple[Key, type[Event]], list[tuple[Key, Event]]] = {}
        self.fails: type[Event] | None = None

    def handle(self, key: Key, event: Event) -> None:
        self.handled.append((key.name, event))
        if self.fails is not None and isinstance(event, self.fails):
            raise ZeroDivisionError
        before = self.fleet.instances[key]
        self.fleet.step(key, event, 1000.0)
        for other, following in self.then.pop((key, type(event)), ()):
            self.queue.happen(other, following)
        self.queue.has_happened(before)


@pytest.fixture
def world() -> World:
    return World()


def test_what_comes_of_an_event_waits_until_that_is_handled(world: World) -> None:
    world.then[ALONE, StartAsked] = [(ALONE, Spawned(7)), (DB, StartAsked())]
    world.queue.happen(ALONE, StartAsked())
    assert world.handled == [("alone", StartAsked()), ("alone", Spawned(7)), ("db", StartAsked())]


def test_who_is_concerned_hears_of_it_before_anything_else_happens(world: World) -> None:
    world.queue.happen(WEB, StartAsked())
    world.queue.happen(DB, StartAsked())
    world.then[DB, Spawned] = [(ALONE, StartAsked())]
    world.queue.happen(DB, Spawned(7))
    assert world.handled[-2:] == [("web", NeedsChanged()), ("alone", StartAsked())]


def test_stops_come_in_reverse_order_and_what_is_needed_is_kept(world: World) -> None:
    for key in (DB, WEB):
        world.queue.happen(key, StartAsked())
        world.queue.happen(key, Spawned(7))
    world.handled.clear()
    world.queue.ask([DB, WEB], StopAsked())
    assert world.handled == [("web", StopAsked()), ("db", StopAhead())]


def test_other_events_for_several_come_in_the_order_they_were_named(world: World) -> None:
    world.queue.ask([ALONE, DB], StartAsked())
    assert [name for name, _ in world.handled] == ["alone", "db"]


def test_an_event_that_cannot_be_handled_does_not_stop_the_next(world: World) -> None:
    world.fails = Spawned
    with pytest.raises(ZeroDivisionError):
        world.queue.happen(ALONE, Spawned(7))
    world.queue.happen(ALONE, StartAsked())
    assert world.handled[-1] == ("alone", StartAsked())
