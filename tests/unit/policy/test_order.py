"""The order of a fleet: who lacks what, whom an event concerns, who is started and stopped first."""

from __future__ import annotations

from tests.fakes.host import manifest

from udaemon.manifest.dependencies import Condition, Dependency
from udaemon.manifest.model import Daemon
from udaemon.policy.events import Event, Exited, NeedsChanged, Ready, Renewed, Spawned, StartAsked, StopAsked
from udaemon.policy.fleet import Fleet
from udaemon.policy.instance import Key, State


def daemon(name: str, *needs: str | Dependency, instances: int = 1, enabled: bool = True) -> Daemon:
    declared = tuple(need if isinstance(need, Dependency) else Dependency(need, Condition.READY) for need in needs)
    return Daemon(name=name, factory="m:f", depends_on=declared, instances=instances, enabled=enabled)


def restarting(name: str) -> Dependency:
    return Dependency(name, Condition.READY, restart=True)


class World:
    """A fleet that a test moves; `concerned` is whom the last event concerned beside its own instance."""

    def __init__(self, *daemons: Daemon) -> None:
        self.fleet = Fleet(manifest(*daemons))
        self.order = self.fleet.order
        self.now = 1000.0
        self.concerned: list[tuple[str, Event]] = []

    def happens(self, name: str, *events: Event) -> None:
        key = self.key(name)
        for event in events:
            self.now += 1
            before = self.fleet.instances[key]
            self.fleet.step(key, event, self.now)
            self.concerned = [(str(other), what) for other, what in self.order.concerned(before)]

    def up(self, *names: str, pid: int = 7) -> None:
        for name in names:
            self.happens(name, StartAsked(), Spawned(pid), Ready())

    def state(self, name: str) -> State:
        return self.fleet.instances[self.key(name)].state

    def key(self, name: str) -> Key:
        daemon, _, index = name.partition("/")
        return Key(daemon, int(index or 0))

    def start(self, *names: str) -> list[str]:
        return [str(key) for key in self.order.to_start(map(self.key, names))]


def test_what_lacks_is_seen_by_a_start_and_by_who_waits_for_it() -> None:
    world = World(daemon("db"), daemon("web", "db"))
    world.happens("web", StartAsked())
    assert world.state("web") is State.WAITING
    missing = world.fleet.instances[world.key("web")].missing
    assert missing is not None
    world.happens("db", StartAsked(), Spawned(7))
    world.happens("db", Ready())
    assert world.concerned == [("web/0", NeedsChanged())]
    world.happens("web", NeedsChanged())
    assert world.state("web") is State.STARTING


def test_nobody_is_concerned_by_what_changes_nothing_that_is_looked_at() -> None:
    world = World(daemon("db"), daemon("web", "db"), daemon("alone"))
    world.happens("web", StartAsked())
    world.up("db")
    world.happens("db", StartAsked())
    assert world.concerned == []
    world.up("alone")
    assert world.concerned == []


def test_who_is_to_be_renewed_is_when_what_it_needs_got_a_new_process() -> None:
    world = World(daemon("db"), daemon("web", restarting("db")), daemon("job", "db"))
    world.up("db", "web", "job")
    world.happens("db", Exited(code=1))
    assert world.concerned == []
    world.happens("db", StartAsked(), Spawned(9))
    world.happens("db", Ready())
    assert world.concerned == [("web/0", Renewed("db"))]


def test_one_that_is_younger_already_is_not_renewed() -> None:
    world = World(daemon("db"), daemon("web", restarting("db")))
    world.up("db", "web")
    world.happens("db", Exited(code=1), StartAsked(), Spawned(9))
    world.happens("web", Exited(code=1), StartAsked(alone=True), Spawned(10), Ready())
    world.happens("db", Ready())
    assert world.concerned == []


def test_what_is_needed_is_started_before_as_far_as_it_rests() -> None:
    world = World(daemon("db", instances=2), daemon("queue"), daemon("web", "db", "queue"), daemon("edge", "web"))
    assert world.start("edge") == ["db/0", "db/1", "queue/0", "web/0", "edge/0"]
    world.up("db/0", "queue")
    assert world.start("edge") == ["db/1", "web/0", "edge/0"]
    world.up("db/1")
    assert world.start("web", "queue") == ["queue/0", "web/0"]


def test_what_is_disabled_is_not_started_and_what_it_needs_neither_is_in_vain() -> None:
    world = World(daemon("db", enabled=False), daemon("web", "db"))
    assert world.start("web") == ["web/0"]


def test_who_needs_others_is_stopped_before_them() -> None:
    world = World(daemon("edge", "web"), daemon("db"), daemon("web", "db"))
    assert [str(key) for key in world.order.to_stop(map(world.key, ("db", "edge", "web")))] == [
        "edge/0",
        "web/0",
        "db/0",
    ]


def test_one_is_kept_while_something_that_needs_it_is_being_stopped() -> None:
    world = World(daemon("db"), daemon("web", "db"))
    world.up("db", "web")
    assert (world.order.is_kept("db"), world.order.needed_by("db")) == (False, ["web"])
    world.happens("web", StopAsked())
    assert world.order.is_kept("db")
    world.happens("web", Exited(signal=15))
    assert (world.order.is_kept("db"), world.order.needed_by("db")) == (False, [])


def test_another_declaration_changes_who_needs_whom() -> None:
    world = World(daemon("db"), daemon("web", "db"), daemon("queue"))
    assert world.start("web") == ["db/0", "web/0"]
    world.fleet.add(daemon("late", "queue"), 0)
    assert world.start("late") == ["queue/0", "late/0"]
