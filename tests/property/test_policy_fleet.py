"""The fleet's deadlines against the plain truth: the least of what the instances say they wait for."""

from hypothesis import given, settings
from hypothesis import strategies as st

from udaemon.manifest.model import Backoff, Daemon, Manifest, Restart, Stop
from udaemon.policy.events import (
    DeadlineReached,
    Event,
    Exited,
    RestartAsked,
    Spawned,
    SpawnFailed,
    StartAsked,
    StopAsked,
    TreeGone,
)
from udaemon.policy.fleet import Fleet
from udaemon.policy.instance import Key
from udaemon.policy.reasons import Trouble

MANIFEST = Manifest(
    file="/m/udaemon.toml",
    directory="/m",
    project="m",
    daemons={
        "a": Daemon(name="a", command=("a",), instances=3, restart=Restart.ALWAYS, backoff=Backoff(initial=2.0)),
        "b": Daemon(name="b", command=("b",), stop=Stop(timeout=2.0)),
    },
)
KEYS = [Key("a", 0), Key("a", 1), Key("a", 2), Key("b", 0)]

EVENTS: list[Event] = [
    StartAsked(),
    StopAsked(),
    StopAsked(timeout=2.0),
    StopAsked(hurry=True),
    RestartAsked(),
    Spawned(7),
    SpawnFailed(Trouble.RESOURCE, "EAGAIN"),
    Exited(code=1),
    Exited(code=1, survivors=(8,)),
    TreeGone(),
]
happenings = st.tuples(st.sampled_from(KEYS), st.sampled_from(EVENTS))
delays = st.sampled_from([0.0, 0.1, 1.0, 2.0, 5.0, 61.0])


def deadlines(fleet: Fleet) -> dict[Key, float]:
    return {key: instance.deadline for key, instance in fleet.instances.items() if instance.deadline is not None}


@given(st.lists(st.one_of(happenings, delays), max_size=60))
@settings(deadline=None)
def test_no_deadline_is_lost_or_told_twice(story: list[tuple[Key, Event] | float]) -> None:
    fleet, now = Fleet(MANIFEST), 1000.0
    for chapter in story:
        if isinstance(chapter, tuple):
            key, event = chapter
            fleet.step(key, event, now)
        else:
            now += chapter
            expected = {key: at for key, at in deadlines(fleet).items() if at <= now}
            told = []
            for key in fleet.due(now):
                told.append(key)
                fleet.step(key, DeadlineReached(), now)
            assert [expected[key] for key in told] == sorted(expected.values())
            assert set(told) == set(expected)
        assert fleet.next_deadline() == min(deadlines(fleet).values(), default=None)
