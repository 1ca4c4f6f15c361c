"""From a daemon as it is declared to what its child is told, whether a manifest or a plan says where."""

from __future__ import annotations

import pytest
from attrs import evolve

from udaemon.child.identity import NOBODY_ELSE, Identity
from udaemon.engines.callable_of import callable_of
from udaemon.engines.child_spec import identity_of, spec_of
from udaemon.manifest.limits import ResourceLimit
from udaemon.manifest.model import Daemon, Listeners, Manifest, Php
from udaemon.policy.plan import plans

MAILER = Daemon(name="mailer", factory="jobs:create", env={"A": "1"}, memory_limit=2**20, instances=2)
PHP = Daemon(name="old", php=Php(factory="Acme::make", bootstrap="/app/b.php"), memory_limit=2**20)
MANIFEST = Manifest(
    file="/m/udaemon.toml", directory="/m", project="shop", context="live", daemons={"mailer": MAILER, "old": PHP}
)


def test_a_plan_says_the_same_as_its_manifest() -> None:
    for name, daemon in MANIFEST.daemons.items():
        assert spec_of(plans(MANIFEST)[name], daemon, 0, slot=3) == spec_of(MANIFEST, daemon, 0, slot=3)


def test_what_is_declared_is_told() -> None:
    spec = spec_of(MANIFEST, MAILER, 1, slot=3)
    told = (spec.name, spec.index, spec.instances, spec.project, spec.context, spec.factory, spec.slot)
    assert told == ("mailer", 1, 2, "shop", "live", "jobs:create", 3)
    assert (spec.env, spec.cwd, spec.memory_limit) == ({"PWD": "/m", "A": "1"}, "/m", 2**20)


def test_its_own_directory_is_its_pwd_unless_it_says_otherwise() -> None:
    assert spec_of(MANIFEST, evolve(MAILER, cwd="/srv"), 0).env["PWD"] == "/srv"
    assert spec_of(MANIFEST, evolve(MAILER, env={"PWD": "/x"}), 0).env["PWD"] == "/x"


def test_only_listeners_that_there_are_are_told() -> None:
    on = Listeners(task_done=("hooks:done",))
    assert spec_of(MANIFEST, evolve(MAILER, on=on), 0).listeners == {"task_done": ("hooks:done",)}


def test_the_memory_of_php_is_php_s_to_bound() -> None:
    spec = spec_of(MANIFEST, PHP, 0)
    assert (spec.memory_limit, spec.params["memory_limit"], spec.params["factory"]) == (None, 2**20, "Acme::make")


def test_a_command_has_no_factory() -> None:
    with pytest.raises(ValueError, match="db has no task"):
        callable_of(Daemon(name="db", command=("db",)))


def test_each_instance_has_its_number_in_its_environment() -> None:
    numbered = evolve(MAILER, env={"TURN": "${UDAEMON_INSTANCE} of ${UDAEMON_INSTANCES}"})
    assert [spec_of(MANIFEST, numbered, index).env["TURN"] for index in (0, 1)] == ["0 of 2", "1 of 2"]


def test_a_daemon_that_says_nothing_is_nobody_else() -> None:
    assert identity_of(Daemon(name="a", command=("a",))) == NOBODY_ELSE


def test_each_key_has_its_place_and_no_limit_is_minus_one() -> None:
    limits = {"nofile": ResourceLimit(1024, 2048), "core": ResourceLimit(None, None)}
    daemon = Daemon(
        name="a", user="www", group="web", nice=5, oom_score=100, rlimits=limits, stdin="/in", command=("a",)
    )
    assert identity_of(daemon) == Identity(
        user="www",
        group="web",
        nice=5,
        oom_score=100,
        rlimits=(("nofile", 1024, 2048), ("core", -1, -1)),
        stdin="/in",
    )
