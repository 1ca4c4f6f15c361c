"""The fleet: which instances there are, and whose deadline comes next."""

from collections import Counter

import pytest
from attrs import evolve

from udaemon.manifest.model import Daemon, Manifest, Stop
from udaemon.policy.effects import KillTree, Spawn
from udaemon.policy.events import DeadlineReached, Exited, Spawned, StartAsked, StopAsked
from udaemon.policy.fleet import Fleet
from udaemon.policy.instance import Key, State, declared
from udaemon.policy.plan import NO_PLAN

DB = Daemon(name="db", command=("db",), stop=Stop(timeout=3))
MAILER = Daemon(name="mailer", command=("mailer",), instances=2)
OFF = Daemon(name="off", command=("off",), enabled=False)


def fleet() -> Fleet:
    daemons = {daemon.name: daemon for daemon in (MAILER, DB, OFF)}
    return Fleet(Manifest(file="/m/udaemon.toml", directory="/m", project="m", daemons=daemons))


def stopping() -> Fleet:
    """All run, and are asked at 0 s to stop."""
    busy = fleet()
    for key in (Key("mailer", 0), Key("mailer", 1), Key("db", 0)):
        for event in (StartAsked(), Spawned(7), StopAsked()):
            busy.step(key, event, 0.0)
    return busy


def test_every_declared_copy_is_there_in_the_order_of_the_manifest() -> None:
    there = {key: evolve(instance, plan=NO_PLAN) for key, instance in fleet().instances.items()}
    assert list(there.items()) == [
        (Key("mailer", 0), declared(MAILER, 0)),
        (Key("mailer", 1), declared(MAILER, 1)),
        (Key("db", 0), declared(DB, 0)),
        (Key("off", 0), declared(OFF, 0)),
    ]


def test_keys_read_as_the_operator_writes_them() -> None:
    assert [str(key) for key in fleet().instances] == ["mailer/0", "mailer/1", "db/0", "off/0"]


def test_a_step_keeps_what_became_of_the_instance_and_returns_what_to_do() -> None:
    one = fleet()
    assert one.step(Key("db", 0), StartAsked(), 0.0) == (Spawn(),)
    assert {str(key): instance.state for key, instance in one.instances.items()} == {
        "mailer/0": State.STOPPED,
        "mailer/1": State.STOPPED,
        "db/0": State.STARTING,
        "off/0": State.DISABLED,
    }


def test_there_is_no_step_for_an_instance_that_is_not_declared() -> None:
    with pytest.raises(KeyError):
        fleet().step(Key("mailer", 2), StartAsked(), 0.0)


def test_a_fleet_at_rest_waits_for_nothing() -> None:
    assert (fleet().next_deadline(), list(fleet().due(1e9))) == (None, [])


def test_the_earliest_deadline_comes_first_and_each_once() -> None:
    busy = stopping()
    assert busy.next_deadline() == 3.0
    assert list(busy.due(2.9)) == []
    assert [str(key) for key in busy.due(10.0)] == ["db/0", "mailer/0", "mailer/1"]


def test_a_deadline_that_was_given_up_is_not_told() -> None:
    busy = stopping()
    busy.step(Key("db", 0), Exited(code=0), 1.0)
    assert busy.next_deadline() == 10.0
    busy.step(Key("mailer", 1), StopAsked(timeout=1.0), 1.0)
    assert (busy.next_deadline(), [str(key) for key in busy.due(2.0)]) == (2.0, ["mailer/1"])


def test_f6_a_turn_that_breaks_off_costs_the_others_no_deadline() -> None:
    busy = stopping()
    assert next(busy.due(10.0)) == Key("db", 0)
    assert [str(key) for key in busy.due(10.0)] == ["mailer/0", "mailer/1"]


def test_f5_what_is_long_overdue_is_judged_once() -> None:
    busy = stopping()
    told = [(str(key), busy.step(key, DeadlineReached(), 3600.0)[:1]) for key in busy.due(3600.0)]
    assert told == [("db/0", (KillTree(),)), ("mailer/0", (KillTree(),)), ("mailer/1", (KillTree(),))]
    assert busy.next_deadline() == 3605.0


def test_an_instance_that_is_added_is_at_rest_and_has_its_steps() -> None:
    one = fleet()
    key = one.add(DB, 1)
    assert (key, one.instances[key], list(one.instances)[-1]) == (Key("db", 1), declared(DB, 1), key)
    assert one.step(key, StartAsked(), 0.0) == (Spawn(),)


def test_no_instance_is_there_twice() -> None:
    with pytest.raises(ValueError, match="db/0 is there already"):
        fleet().add(DB, 0)


def test_an_instance_at_rest_is_removed_and_its_deadlines_with_it() -> None:
    busy = stopping()
    busy.step(Key("db", 0), Exited(code=0), 1.0)
    assert busy.remove(Key("db", 0)).state is State.STOPPED
    assert Key("db", 0) not in busy.instances
    assert [str(key) for key in busy.due(10.0)] == ["mailer/0", "mailer/1"]
    with pytest.raises(KeyError):
        busy.remove(Key("db", 0))


def test_the_deadline_of_one_that_was_removed_is_not_that_of_one_that_is_added_in_its_place() -> None:
    busy = stopping()
    busy.step(Key("db", 0), Exited(code=0), 1.0)
    busy.remove(Key("db", 0))
    busy.add(DB, 0)
    assert busy.next_deadline() == 10.0


def test_what_lives_is_not_removed() -> None:
    busy = stopping()
    with pytest.raises(ValueError, match="db/0 is stopping"):
        busy.remove(Key("db", 0))
    for at in (3.0, 8.0):
        busy.step(Key("db", 0), DeadlineReached(), at)
    assert busy.instances[Key("db", 0)].state is State.FAILED
    with pytest.raises(ValueError, match="db/0 is failed"):  # it cannot be killed
        busy.remove(Key("db", 0))


def test_instances_are_arranged_as_another_manifest_has_them() -> None:
    one = fleet()
    one.arrange([Key("db", 0), Key("gone", 0), Key("mailer", 1)])
    assert [str(key) for key in one.instances] == ["db/0", "mailer/1", "mailer/0", "off/0"]


def test_who_was_given_the_instances_sees_them_as_they_are_after_another_manifest() -> None:
    one = fleet()
    given = one.instances
    one.arrange([Key("db", 0)])
    one.step(Key("db", 0), StartAsked(), 0.0)
    assert given[Key("db", 0)].state is State.STARTING


def test_each_instance_carries_the_plan_of_its_daemon() -> None:
    one = fleet()
    assert {instance.plan.directory for instance in one.instances.values()} == {"/m"}


def test_stops_that_are_over_leave_no_deadline_behind() -> None:
    """Each may have had an hour; a daemon that is restarted every second would keep thousands."""
    slow = evolve(DB, stop=Stop(timeout=3600))
    busy = Fleet(Manifest(file="/m/udaemon.toml", directory="/m", project="m", daemons={"db": slow}))
    key = Key("db", 0)
    for second in range(1000):
        for event in (StartAsked(), Spawned(7), StopAsked(), Exited(code=0)):
            busy.step(key, event, float(second))
    busy.step(key, StartAsked(), 1000.0)
    busy.step(key, Spawned(7), 1000.0)
    busy.step(key, StopAsked(), 1000.0)
    assert len(busy._deadlines) < 30
    assert busy.next_deadline() == 4600.0


def test_the_states_are_counted_as_they_are_whatever_comes_goes_or_happens() -> None:
    one = fleet()

    def check() -> None:
        there = [instance.state for instance in one.instances.values()]
        assert {state: count for state, count in one.states.items() if count} == Counter(there)
        assert one.at_rest == all(instance.at_rest for instance in one.instances.values())

    check()
    for event in (StartAsked(), Spawned(7), StopAsked(), Exited(code=0)):
        for key in (Key("db", 0), Key("mailer", 1)):
            one.step(key, event, 0.0)
            check()
    one.restore(evolve(one.instances[Key("db", 0)], state=State.RUNNING, pid=7))
    check()
    one.remove(Key("mailer", 1))
    check()
    one.add(MAILER, 1)
    check()
