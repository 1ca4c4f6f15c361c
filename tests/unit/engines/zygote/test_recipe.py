"""Which zygote a daemon needs: told from its environment, from those that share it, and from what they import."""

from __future__ import annotations

import pytest
from attrs import evolve

from udaemon.engines.zygote.recipe import Recipe, recipe_of, root_of
from udaemon.engines.zygote.sharing import Root
from udaemon.manifest.model import Daemon, Listeners, Manifest
from udaemon.policy.plan import StartPlan, plans

A = Daemon(name="a", factory="jobs.a:create")
B = Daemon(name="b", factory="jobs.b:create", preload=("json",))
BOARD = 9
ROOTS = (Root(("jobs.a",), ()), Root(("jobs.b",), ("json",)))


def planned(*daemons: Daemon, env: dict[str, str] | None = None) -> dict[str, StartPlan]:
    daemons_by_name = {daemon.name: daemon for daemon in daemons}
    return plans(Manifest(file="/m/x.toml", directory="/m", project="m", env=env or {}, daemons=daemons_by_name))


def recipe(*daemons: Daemon, env: dict[str, str] | None = None) -> Recipe:
    """The recipe of the first of these."""
    return recipe_of(planned(*daemons, env=env)[daemons[0].name], BOARD)


BARE = Recipe(frozenset(), "/m", (), BOARD)


def test_daemons_of_the_manifest_s_environment_share_one_that_imports_what_they_begin_with() -> None:
    assert recipe(A, B) == Recipe(frozenset(), "/m", ROOTS, BOARD)


@pytest.mark.parametrize(
    ("daemons", "env", "expected"),
    [
        ((evolve(A, env={"X": "1"}),), {}, BARE),
        ((evolve(A, env={"X": "1"}),), {"X": "1"}, Recipe(frozenset({("X", "1")}), "/m", ROOTS[:1], BOARD)),
        ((evolve(A, env={"X": "1"}, instances=2),), {}, Recipe(frozenset({("X", "1")}), "/m", ROOTS[:1], BOARD)),
        (
            (evolve(A, env={"X": "1"}), evolve(B, env={"X": "1"})),
            {},
            Recipe(frozenset({("X", "1")}), "/m", ROOTS, BOARD),
        ),
        (
            (evolve(A, env={"PYTHONHASHSEED": "1"}),),
            {},
            Recipe(frozenset({("PYTHONHASHSEED", "1")}), "/m", ROOTS[:1], BOARD),
        ),
        ((A, evolve(B, enabled=False)), {}, Recipe(frozenset(), "/m", ROOTS[:1], BOARD)),
        ((Daemon(name="c", command=("x",)),), {}, BARE),
    ],
    ids=[
        "one instance is not worth its own",
        "the manifest's environment",
        "two instances of an environment",
        "two daemons of an environment",
        "an environment that an interpreter reads once",
        "what is disabled is not imported",
        "a command needs none",
    ],
)
def test_an_environment_has_a_zygote_of_its_own_where_it_pays(
    daemons: tuple[Daemon, ...], env: dict[str, str], expected: Recipe
) -> None:
    assert recipe(*daemons, env=env) == expected


def test_it_is_made_once_for_a_plan_and_a_region_of_the_scoreboard() -> None:
    plan = planned(A, B)["a"]
    assert recipe_of(plan, 9) is recipe_of(plan, 9)
    assert recipe_of(plan, 9) != recipe_of(plan, 10)


def test_another_manifest_that_says_the_same_needs_the_same_zygote() -> None:
    assert recipe(A, B) == recipe(A, evolve(B, sleep=7.0))
    assert recipe(A, B) != recipe(A, evolve(B, factory="jobs.c:create"))


def test_roots_are_known_by_number() -> None:
    one = recipe(A, B)
    assert [one.number_of(root) for root in (*ROOTS, Root(("other",), ()))] == [0, 1, None]


@pytest.mark.parametrize(
    ("env", "kept"), [({"X": "1"}, frozenset()), ({"LC_ALL": "C", "X": "1"}, {("LC_ALL", "C"), ("X", "1")})]
)
def test_a_bare_one_keeps_of_the_environment_what_only_a_new_program_takes_up(
    env: dict[str, str], kept: frozenset[tuple[str, str]]
) -> None:
    bare = Recipe(frozenset(env.items()), "/m", ROOTS, BOARD).bare()
    assert bare == Recipe(frozenset(kept), "/m", (), BOARD)

    on = Listeners(start=("hooks:a",), task_done=("jobs.a:done",), task_failed=("alarm:ring",))
    assert root_of(evolve(A, on=on)) == Root(("jobs.a", "hooks", "alarm"), ())
