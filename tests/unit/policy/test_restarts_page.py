"""Every event in every state, as docs/guide/restarts.md has it: the page's tables are what `step` really does."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from attrs import evolve
from tests.fakes.life import Life, command, factory

from udaemon.manifest.model import Restart
from udaemon.policy.effects import CancelSpawn, Effect, Kick, KillTree, Pause, Signal, SignalTree, Spawn
from udaemon.policy.events import (
    Changed,
    DeadlineReached,
    Event,
    Executed,
    Exited,
    GoodRun,
    KickAsked,
    Leaving,
    NeedsChanged,
    Notified,
    PauseAsked,
    Ready,
    Renewed,
    RestartAsked,
    ResumeAsked,
    RunAsked,
    RunDue,
    RunEnded,
    Said,
    Spawned,
    SpawnFailed,
    StartAsked,
    StopAhead,
    StopAsked,
    StopCommandFailed,
    TreeGone,
    Verdict,
)
from udaemon.policy.instance import Missing, State
from udaemon.policy.reasons import Trouble

PAGE = Path(__file__).parents[3] / "docs" / "guide" / "restarts.md"


def waiting() -> Life:
    """A life whose start waits for another daemon."""
    life = Life(command())
    life.instance = evolve(life.instance, missing=Missing("cache@ready"))
    return life.happens(StartAsked())


SITUATIONS: Mapping[str, Callable[[], Life]] = {
    "disabled": lambda: Life(command(enabled=False)),
    "stopped": lambda: Life(command()),
    "exited": lambda: Life.running().after(60).happens(Exited(code=0)),
    "failed": lambda: Life.running(command(restart=Restart.NEVER)).happens(Exited(code=1)),
    "failed, unkillable": lambda: Life.running().happens(StopAsked()).after(15),
    "waiting, held back": waiting,
    "starting, no process yet": lambda: Life(command()).happens(StartAsked()),
    "starting, held up": lambda: Life(command()).happens(StartAsked(), Spawned(7, "exec")),
    "starting": lambda: Life(factory()).happens(StartAsked(), Spawned(7)),
    "running": Life.running,
    "running, leaving": lambda: Life.running(factory()).happens(Leaving()),
    "backoff": lambda: Life.running().crashes(2),
    "waiting": lambda: Life(command(cron="@daily")).happens(StartAsked()),
    "in a run": lambda: Life(command(cron="@daily")).happens(StartAsked(), RunDue(), Spawned(7)),
    "in a run, paused": lambda: Life(command(sleep=9)).happens(StartAsked(), RunDue(), Spawned(7), PauseAsked()),
    "stopping, no process yet": lambda: Life(command()).happens(StartAsked(), StopAsked()),
    "stopping, held up": lambda: Life(command()).happens(StartAsked(), Spawned(7, "exec"), StopAsked()),
    "stopping": lambda: Life.running().happens(StopAsked()),
    "stopping, to start again": lambda: Life.running().happens(RestartAsked()),
    "stopping, killed": lambda: Life.running().happens(StopAsked(hurry=True)),
    "stopping, clearing": lambda: Life.running().happens(Exited(code=1, survivors=(8,))),
    "stopping, clearing, killed": lambda: Life.running().happens(Exited(code=1, survivors=(8,)), StopAsked(hurry=True)),
}

ASKED: Mapping[str, Event] = {
    "start": StartAsked(),
    "restart": RestartAsked(),
    "stop": StopAsked(),
    "stop, hurried": StopAsked(hurry=True),
}

BIRTH: Mapping[str, Event] = {
    "process exists": Spawned(9),
    "held up": Spawned(9, "exec /mnt/db has not returned"),
    "executed": Executed(),
    "refused by the system": SpawnFailed(Trouble.RESOURCE, "EAGAIN"),
    "impossible as declared": SpawnFailed(Trouble.CONFIG, "ENOENT"),
    "ready": Ready(),
}

DEATH: Mapping[str, Event] = {
    "says it ends": Leaving(),
    "ends well": Exited(code=0),
    "fails": Exited(code=1),
    "leaves others behind": Exited(code=1, survivors=(8,)),
    "the others are gone": TreeGone(),
    "deadline": DeadlineReached(),
}

NEEDS: Mapping[str, Event] = {
    "what it needs holds": NeedsChanged(),
    "to stop after others": StopAhead(),
    "to restart with another": Renewed("cache"),
}
RUN: Mapping[str, Event] = {
    "a run is due": RunDue(),
    "kick": KickAsked(),
    "pause": PauseAsked(),
    "resume": ResumeAsked(),
}

DOES: Mapping[type[Effect], str] = {
    Spawn: "starts it",
    Signal: "asks it",
    SignalTree: "asks them",
    KillTree: "kills it",
    CancelSpawn: "calls it off",
    Kick: "has it run",
    Pause: "tells it",
}


def outcome(situation: Callable[[], Life], event: Event) -> str:
    """The state after the event and what is done, or a dot where nothing changes."""
    life = situation()
    if isinstance(event, DeadlineReached):
        life.now = life.instance.deadline or life.now
    if isinstance(event, NeedsChanged):
        life.instance = evolve(life.instance, missing=None)
    before = life.instance
    life.happens(event)
    if life.effects == () and life.instance == before:
        return "·"
    doing = "".join(f", {DOES[type(effect)]}" for effect in life.acts)
    refused = " (refused)" if any(told.startswith("refused: ") for told in life.told) and not life.acts else ""
    return f"{life.state}{doing}{refused if life.instance == before else ''}"


def table(events: Mapping[str, Event]) -> list[str]:
    """Rows for all situations in which at least one of the events matters."""
    rows = [["", *events]] + [
        [name, *cells]
        for name, situation in SITUATIONS.items()
        if set(cells := [outcome(situation, event) for event in events.values()]) != {"·"}
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    return [lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]]


@pytest.mark.parametrize("events", [ASKED, BIRTH, DEATH, RUN, NEEDS], ids=["asked", "birth", "death", "run", "needs"])
def test_f40_the_page_tells_every_event_in_every_state(events: Mapping[str, Event]) -> None:
    expected = table(events)
    page = PAGE.read_text(encoding="utf-8").splitlines()
    start = page.index(expected[0]) if expected[0] in page else 0
    assert page[start : start + len(expected)] == expected


def test_every_state_and_every_kind_of_event_is_in_the_tables() -> None:
    assert {situation().state for situation in SITUATIONS.values()} == set(State)
    in_tables = {type(event) for events in (ASKED, BIRTH, DEATH, RUN, NEEDS) for event in events.values()}
    elsewhere = {Changed, GoodRun, Notified, RunAsked, RunEnded, Said, StopCommandFailed, Verdict}  # test_probing.py,
    assert in_tables | elsewhere == set(Event.__args__)  # test_stop.py, test_turns.py, test_chains.py
