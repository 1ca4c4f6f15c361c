"""What is asked of each process: when it begins, when it ends, and that a verdict names the process it is about."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from attrs import evolve
from tests.fakes.life import Life, command

from udaemon.engines.probing.question import Asked
from udaemon.manifest.model import Daemon
from udaemon.manifest.probes import Health, Ready
from udaemon.policy.events import Changed, Event, Exited, Spawned, StartAsked, StopAsked, Verdict
from udaemon.policy.instance import Instance, Key
from udaemon.policy.plan import NO_PLAN
from udaemon.policy.questions import Question
from udaemon.supervisor.probes import Probes


class Asks:
    """Writes down what is asked, by number; `answers` gives a verdict."""

    def __init__(self) -> None:
        self.current: dict[int, tuple[Asked, Callable[[bool, str], None]]] = {}
        self.all: list[Asked] = []

    def ask(self, asked: Asked, on_verdict: Callable[[bool, str], None]) -> int:
        self.all.append(asked)
        self.current[len(self.all)] = asked, on_verdict
        return len(self.all)

    def forget(self, number: int) -> None:
        del self.current[number]

    def answers(self, number: int, *, ok: bool) -> None:
        self.current[number][1](ok, "said so")


class World:
    def __init__(self, daemon: Daemon) -> None:
        self.asks = Asks()
        self.heard: list[tuple[Key, Event]] = []
        self.probes = Probes(self.asks, lambda key, event: self.heard.append((key, event)))
        self.life = Life(daemon)

    def happens(self, *events: Event) -> list[str]:
        """Let events happen. Returns the ways in which it is asked now."""
        for event in events:
            self.life.happens(event)
            self.probes.look(self.life.instance)
        return [asked.way for asked, _ in self.asks.current.values()]


BOTH = command(ready=Ready(tcp=":5432"), health=Health(http="http://127.0.0.1/", period=10.0))


def test_a_process_is_asked_whether_it_is_ready_and_once_it_runs_whether_it_is_well() -> None:
    world = World(BOTH)
    assert world.happens(StartAsked()) == []
    assert world.happens(Spawned(7)) == ["tcp"]
    world.asks.answers(1, ok=True)
    [(key, verdict)] = world.heard
    assert (key, verdict) == (world.life.instance.key, Verdict(Question.READY, 7, True, "said so"))
    assert sorted(world.happens(verdict)) == ["http", "tcp"]
    assert world.happens(StopAsked(), Exited(signal=15)) == []


def test_the_next_process_is_asked_anew() -> None:
    world = World(BOTH)
    world.happens(StartAsked(), Spawned(7), Exited(code=1), StartAsked(), Spawned(8))
    [(_, on_verdict)] = world.asks.current.values()
    on_verdict(False, "refused")
    assert world.heard[-1][1] == Verdict(Question.READY, 8, False, "refused")


def test_another_declaration_changes_what_is_asked_and_nothing_that_is_the_same() -> None:
    world = World(BOTH)
    world.happens(StartAsked(), Spawned(7))
    before = dict(world.asks.current)
    assert world.happens(Changed(evolve(BOTH, description="x"), NO_PLAN)) == ["tcp"]
    assert world.asks.current == before
    world.happens(Changed(evolve(BOTH, ready=Ready(tcp=":6000")), NO_PLAN))
    assert [asked.what for asked, _ in world.asks.current.values()] == [":6000"]


def test_who_declares_nothing_is_asked_nothing() -> None:
    world = World(command())
    assert world.happens(StartAsked(), Spawned(7)) == []
    assert world.asks.all == []


def test_without_anybody_who_could_ask_nothing_is_asked() -> None:
    heard: list[Event] = []
    probes = Probes(None, lambda _key, event: heard.append(event))
    probes.look(Life(BOTH).happens(StartAsked(), Spawned(7)).instance)
    assert heard == []


def test_a_question_by_a_command_has_the_daemons_place_and_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINE", "1")
    world = World(command(ready=Ready(exec=("check",)), env={"A": "2"}, cwd="/srv"))
    world.happens(StartAsked(), Spawned(7))
    [asked] = world.asks.all
    assert (asked.what, asked.cwd) == (("check",), "/srv")
    assert {name: asked.env.get(name) for name in ("MINE", "A", "PWD", "UDAEMON_NAME", "UDAEMON_INSTANCE")} == {
        "MINE": "1",
        "A": "2",
        "PWD": "/srv",
        "UDAEMON_NAME": "db",
        "UDAEMON_INSTANCE": "0",
    }


def test_first_questions_about_health_are_spread_over_a_period() -> None:
    delays = set()
    for index in range(10):
        asks = Asks()
        probes = Probes(asks, lambda _key, _event: None)
        life = Life(command(health=Health(tcp=":1", period=10.0), instances=10))
        started = life.happens(StartAsked(), Spawned(7)).instance
        probes.look(_copy(started, index))
        delays.add(asks.all[0].delay)
    assert len(delays) == 10
    assert all(0.0 <= delay <= 10.0 for delay in delays)


def _copy(instance: Instance, index: int) -> Instance:
    return evolve(instance, index=index)


@pytest.mark.parametrize("inherits", [True, False])
def test_a_command_has_the_environment_of_its_daemon(monkeypatch: pytest.MonkeyPatch, inherits: bool) -> None:
    monkeypatch.setenv("CALLERS_SECRET", "x")
    asks_by_command = command(ready=Ready(exec=("probe",)), env={"OWN": "1"}, env_inherit=inherits)
    world = World(asks_by_command)
    world.happens(StartAsked(), Spawned(7))

    env = world.asks.all[0].env

    assert ("CALLERS_SECRET" in env) is inherits
    assert (env["OWN"], env["PYTHONUNBUFFERED"], "PATH" in env) == ("1", "1", True)
