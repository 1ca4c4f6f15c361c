"""How processes end: the status, who was left behind, what is asked of those, and what becomes of all descriptors."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from signal import SIGKILL, SIGTERM
from typing import Any

import pytest
from tests.fakes.kernel import OURS, FakeKernel, FakeProcess, FakeReactor

from udaemon.engines.process import ManagedProcess
from udaemon.engines.reaper import Reaper
from udaemon.engines.reports import Reports
from udaemon.manifest.model import Daemon, Stop
from udaemon.policy.events import Event, Exited, Spawned, SpawnFailed, TreeGone
from udaemon.policy.instance import Key
from udaemon.policy.reasons import Trouble

KEY, OTHER = Key("a", 0), Key("b", 0)
LEFT_ALONE = Daemon(name="a", command=("a",), stop=Stop(kill_tree=False))
MANY_TICKS = 2**60
LOCK = frozenset({(1, 2)})
NO_PID = 2**30
"""No process of this machine has it, whatever a look into /proc may say."""


class World:
    """The leader of KEY is pid 7; `ends` lets processes end and the turn with them."""

    def __init__(self) -> None:
        self.reactor = FakeReactor()
        self.kernel = FakeKernel(self.reactor)
        self.told: list[tuple[Key, Event]] = []
        reports = Reports(self.reactor, lambda _one, _event: None)
        self.excluded: tuple[int, ...] = ()
        self.endings = Reaper(
            self.reactor,
            lambda key, event: self.told.append((key, event)),
            reports,
            "shop",
            lambda: self.excluded,
            kernel=self.kernel,
        )

    def forked(self, pid: int = 7, key: Key = KEY, daemon: Daemon | None = None, **options: Any) -> ManagedProcess:
        pidfd = self.kernel.fork(pid, **options)
        lock = os.open(os.devnull, os.O_RDONLY)
        one = daemon or Daemon(name=key.name, command=("a",))
        managed = ManagedProcess(key=key, daemon=one, pid=pid, pidfd=pidfd, lock=lock)
        self.endings.watch(managed, options.get("files", ()))
        return managed

    def leaves(self, pid: int, by: int = 7, **options: Any) -> None:
        """Let a process have a child, which will be ours once its parent has ended."""
        options.setdefault("session", by)
        self.kernel.processes[by].children.append((pid, FakeProcess(**options)))

    def ends(self, *pids: int, **how: Any) -> None:
        for pid in pids:
            self.kernel.end(pid, **how)
        self.turn()

    def turn(self) -> None:
        """What a turn of the loop does: whoever watches is called, then the end of the turn comes."""
        self.kernel.turn()
        self.endings.expire()


@pytest.fixture
def world() -> Iterator[World]:
    before = len(os.listdir("/proc/self/fd"))
    world = World()
    yield world
    world.endings.close()
    assert world.reactor.callbacks == {}
    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ({"code": 0}, Exited(code=0)),
        ({"code": 3}, Exited(code=3)),
        ({"signal": 9}, Exited(signal=9)),
    ],
    ids=str,
)
def test_the_end_of_a_process_is_told_as_the_kernel_has_it(world: World, how: dict[str, int], expected: Event) -> None:
    world.forked()
    world.ends(7, **how)
    assert (world.told, world.kernel.reaped, world.endings.managed) == ([(KEY, expected)], [7], {})


def test_one_that_was_called_off_and_left_others_behind_had_begun(world: World) -> None:
    """Its program was executed just before KILL came: were that not told, nobody would wait for what it left."""
    managed = world.forked()
    managed.refusal = SpawnFailed(Trouble.RESOURCE, "its start was called off")
    world.leaves(8)
    world.ends(7, signal=9)
    assert world.told == [(KEY, Spawned(7)), (KEY, Exited(signal=9, survivors=(8,)))]
    world.ends(8)
    assert world.told[2:] == [(KEY, TreeGone())]


def test_one_that_was_called_off_and_left_nobody_is_refused(world: World) -> None:
    managed = world.forked()
    managed.refusal = SpawnFailed(Trouble.RESOURCE, "its start was called off")
    world.ends(7, signal=9)
    assert world.told == [(KEY, managed.refusal)]


def test_an_end_is_looked_at_when_the_turn_ends_and_until_then_it_is_a_zombie(world: World) -> None:
    world.forked()
    world.kernel.end(7)
    world.kernel.turn()
    assert (world.told, world.kernel.reaped) == ([], [])
    due = world.endings.deadline is not None
    world.endings.expire()
    assert (due, world.kernel.reaped, world.endings.deadline) == (True, [7], None)


def test_one_that_is_woken_for_nothing_lives_on(world: World) -> None:
    managed = world.forked()
    world.reactor.callbacks[managed.pidfd]()
    world.endings.expire()
    assert (world.told, list(world.endings.managed)) == ([], [KEY])


def test_ends_of_one_turn_are_each_told(world: World) -> None:
    world.forked(7, KEY)
    world.forked(8, OTHER)
    world.ends(7, 8, code=1)
    assert world.told == [(KEY, Exited(code=1)), (OTHER, Exited(code=1))]


def test_what_it_left_behind_is_told_and_its_end_too(world: World) -> None:
    world.forked()
    for pid in (71, 72):
        world.leaves(pid)
    world.ends(7, code=0)
    [(_, event)] = world.told
    assert isinstance(event, Exited)
    assert sorted(event.survivors) == [71, 72]
    world.ends(71)
    assert len(world.told) == 1, "one of them lives"
    world.ends(72)
    assert world.told[1:] == [(KEY, TreeGone())]
    assert sorted(world.kernel.reaped) == [7, 71, 72]


def test_what_a_survivor_leaves_behind_is_followed_in_its_turn(world: World) -> None:
    world.forked()
    world.leaves(71)
    world.ends(7)
    world.leaves(711, by=71, session=7)
    world.ends(71)
    assert world.told[1:] == []
    world.ends(711)
    assert world.told[1:] == [(KEY, TreeGone())]


def test_a_session_that_a_survivor_made_is_known_by_it(world: World) -> None:
    managed = world.forked()
    world.leaves(71)
    world.ends(7)
    assert list(managed.survivors) == [71]
    world.leaves(711, by=71, session=7)
    world.leaves(712, by=71, session=7)
    world.ends(71)
    assert sorted(managed.survivors) == [711, 712]


def test_zombies_and_strangers_are_left_behind_by_nobody(world: World) -> None:
    world.forked()
    world.forked(8, OTHER)
    os.close(world.kernel.fork(NO_PID, session=NO_PID))
    os.close(world.kernel.fork(81, session=8))
    world.kernel.end(81)
    world.ends(8)
    assert world.told == [(OTHER, Exited(code=0))]


def test_where_the_tree_is_to_be_left_alone_nobody_is_followed(world: World) -> None:
    world.forked(daemon=LEFT_ALONE)
    world.leaves(71)
    world.ends(7)
    assert world.told == [(KEY, Exited(code=0))]


@pytest.mark.parametrize(
    ("started", "signals"), [(0, []), (MANY_TICKS, [(71, SIGTERM)])], ids=["with the session", "afterwards"]
)
def test_who_was_asked_with_the_session_is_not_asked_twice(
    world: World, started: int, signals: list[tuple[int, int]]
) -> None:
    managed = world.forked()
    world.leaves(71, started=started)
    world.endings.signal_tree(managed, SIGTERM)
    assert world.kernel.signals == [(-7, SIGTERM)]
    world.ends(7)
    world.endings.signal_tree(managed, SIGTERM)
    assert world.kernel.signals[1:] == signals


@pytest.mark.parametrize(
    ("started", "signals"), [(0, []), (MANY_TICKS, [(71, SIGTERM)])], ids=["with the rest", "afterwards"]
)
def test_nor_under_run_where_the_session_is_the_callers(
    world: World, started: int, signals: list[tuple[int, int]]
) -> None:
    managed = world.forked(session=OURS, files=LOCK)
    world.leaves(71, session=OURS, started=started, files=LOCK)
    world.endings.signal_tree(managed, SIGTERM)
    world.ends(7)
    assert list(managed.survivors) == [71]
    world.endings.signal_tree(managed, SIGTERM)
    assert world.kernel.signals[1:] == signals


def test_what_those_leave_who_were_asked_to_end_is_asked_too(world: World) -> None:
    managed = world.forked()
    world.leaves(71)
    world.ends(7)
    world.endings.signal_tree(managed, SIGTERM)
    world.leaves(711, by=71, session=7)
    world.ends(71)
    assert world.kernel.signals == [(71, SIGTERM), (711, SIGTERM)]


def test_a_signal_goes_to_the_process_alone_and_to_none_that_has_ended(world: World) -> None:
    managed = world.forked()
    world.leaves(71)
    world.endings.signal(managed, signal.SIGUSR1)
    world.ends(7)
    world.endings.signal(managed, signal.SIGUSR1)
    assert world.kernel.signals == [(7, signal.SIGUSR1)]


def test_a_kill_takes_the_group_and_all_that_is_found_afterwards(world: World) -> None:
    managed = world.forked()
    world.leaves(71)
    world.endings.kill(managed)
    world.turn()
    assert world.kernel.signals[:2] == [(-7, SIGKILL), (7, SIGKILL)]
    assert (71, SIGKILL) in world.kernel.signals
    world.turn()
    assert world.told == [(KEY, Exited(signal=9, survivors=(71,))), (KEY, TreeGone())]


def test_a_kill_leaves_the_tree_alone_where_that_is_declared(world: World) -> None:
    world.endings.kill(world.forked(daemon=LEFT_ALONE))
    assert world.kernel.signals == [(7, SIGKILL)]


def test_a_kill_of_survivors_takes_their_groups(world: World) -> None:
    managed = world.forked()
    world.leaves(71)
    world.ends(7)
    world.endings.kill(managed)
    assert world.kernel.signals == [(-7, SIGKILL), (71, SIGKILL)]
    world.turn()
    assert world.told[1:] == [(KEY, TreeGone())]


def test_a_survivor_that_cannot_be_followed_is_killed_and_what_it_leaves_behind_is_found(world: World) -> None:
    """Forgotten, its children would have the lock for as long as they like, and no start would get it."""
    world.forked()
    world.leaves(71)
    world.kernel.end(7)
    world.leaves(72, by=71, session=7)
    world.kernel.no_descriptors = True
    world.turn()
    assert world.kernel.signals == [(71, SIGKILL)]
    assert world.told == [(KEY, Exited(code=0, survivors=(71,)))]
    assert world.endings.deadline is not None, "it looks again"
    world.kernel.no_descriptors = False
    world.turn()
    assert list(world.endings.managed[KEY].survivors) == [72]
    world.ends(72)
    assert world.told[1:] == [(KEY, TreeGone())]


def test_where_nothing_can_be_seen_nobody_is_forgotten_and_it_looks_again(world: World) -> None:
    world.forked()
    world.kernel.no_memory = True
    world.ends(7)
    assert (world.told, world.endings.deadline is None) == ([], False)
    world.kernel.no_memory = False
    world.endings.expire()
    assert (world.told, world.endings.deadline) == ([(KEY, Exited(code=0))], None)


def test_strangers_are_children_of_ours_that_nobody_has_heard_of(world: World) -> None:
    world.forked()
    for pid in (50, 60):
        os.close(world.kernel.fork(pid))
    world.excluded = (60,)
    assert world.endings.strangers() == {50}
    assert [world.endings.knows(pid) for pid in (7, 50, 60)] == [True, False, True]


def test_a_lock_of_ours_is_held_until_the_last_of_the_tree_has_gone(world: World) -> None:
    managed = world.forked()
    world.leaves(71)
    world.ends(7)
    assert managed.lock is not None
    world.ends(71)
    assert managed.lock is None
