"""Whether what a daemon needs holds: each condition by each state, what can hold no more, and in which words."""

from __future__ import annotations

import pytest
from tests.fakes.life import Life, command, factory

from udaemon.manifest.dependencies import Condition, Dependency
from udaemon.manifest.model import Daemon, Restart
from udaemon.policy.events import Exited, GoodRun, Spawned, SpawnFailed, StartAsked, StopAsked
from udaemon.policy.instance import Instance, Missing
from udaemon.policy.needs import holds, hopeless, missing, newest
from udaemon.policy.reasons import Trouble

STARTED, READY, COMPLETED, FIRST = (
    Condition.STARTED,
    Condition.READY,
    Condition.COMPLETED,
    Condition.FIRST_RUN_OK,
)
DB = Dependency("db", READY, required=True, restart=False)


def starting() -> Life:
    return Life(factory()).happens(StartAsked(), Spawned(7))


def done() -> Life:
    return Life.running(command(restart=Restart.NEVER)).happens(Exited(code=0))


def failed() -> Life:
    return Life(command()).happens(StartAsked(), SpawnFailed(Trouble.CONFIG, "exec db: No such file"))


LIVES = {
    "new": (Life(command()), ()),
    "starting": (starting(), (STARTED,)),
    "running": (Life.running(factory()), (STARTED, READY)),
    "had a good run": (Life.running(factory()).happens(GoodRun()), (STARTED, READY, FIRST)),
    "stopping": (Life.running().happens(StopAsked()), ()),
    "stopped": (Life.running().happens(StopAsked(), Exited(signal=15)), ()),
    "crashed": (Life.running().happens(Exited(code=1)), ()),
    "failed": (failed(), ()),
    "is done": (done(), (STARTED, READY, COMPLETED)),
    "disabled": (Life(command(enabled=False)), ()),
}


@pytest.mark.parametrize("name", LIVES)
def test_a_condition_holds_by_what_an_instance_is(name: str) -> None:
    life, expected = LIVES[name]
    assert tuple(one for one in (STARTED, READY, COMPLETED, FIRST) if holds(one, [life.instance])) == expected


def test_of_several_instances_it_must_hold_for_all() -> None:
    up, down = Life.running(command(instances=2)).instance, Life(command(instances=2)).instance
    assert [holds(READY, group) for group in ([up, up], [up, down], [down])] == [True, False, False]


@pytest.mark.parametrize(
    ("life", "cause"),
    [
        (Life(command()).happens(StartAsked()), None),
        (Life.running().happens(Exited(code=1)), None),
        (failed(), "db failed: exec db: No such file"),
        (Life.running().happens(StopAsked(), Exited(signal=15)), "db is stopped"),
        (Life(command(enabled=False)), "db is disabled in the manifest"),
    ],
)
def test_what_rests_says_why_nothing_will_come_of_it(life: Life, cause: str | None) -> None:
    assert hopeless(DB, [life.instance]) == cause


def test_one_that_nobody_declared_is_told_and_one_of_several_is_named() -> None:
    assert hopeless(DB, []) == "there is no db"
    two = Daemon(name="db", command=("db",), instances=2, enabled=False)
    assert hopeless(DB, [Life(two).instance]) == "db/0 is disabled in the manifest"


def test_what_ended_without_the_good_run_that_is_waited_for_is_in_vain() -> None:
    need = Dependency("db", FIRST, required=True, restart=False)
    assert hopeless(need, [done().instance]) == "db ended without a good run"


def groups(**lives: Life) -> dict[str, list[Instance]]:
    return {name: [life.instance] for name, life in lives.items()}


def test_all_that_is_lacking_is_told_with_the_first_cause() -> None:
    needs = (DB, Dependency("queue", STARTED, required=True, restart=False))
    lacking = missing(needs, groups(db=starting(), queue=failed()))
    assert lacking == Missing(", ".join(map(str, needs)), "db failed: exec db: No such file")
    assert missing(needs, groups(db=Life.running(), queue=Life.running())) is None


def test_what_is_not_required_is_waited_for_only_while_it_may_come() -> None:
    need = Dependency("db", READY, required=False, restart=False)
    assert missing([need], groups(db=starting())) == Missing(str(need), None)
    assert missing([need], groups(db=failed())) is None
    assert missing([need], {}) is None


def test_the_youngest_of_a_group_counts() -> None:
    old, young = Life.running(command()), Life(command(), now=2000.0).happens(StartAsked(), Spawned(8))
    assert newest([old.instance, young.instance]) == 2000.0
    assert newest([Life(command()).instance]) == 0.0
