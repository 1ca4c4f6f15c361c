"""What differs between two declarations, and when each change takes effect (contract, "Change while running")."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve
from tests.fakes.life import command, factory

from udaemon.manifest.changes import differing, needs
from udaemon.manifest.keys import Applies, keys_of
from udaemon.manifest.model import Backoff, Daemon, Log, Manifest, Php
from udaemon.policy.change import Difference, difference
from udaemon.policy.instance import Key

LIVE = (
    "description tags sleep min-sleep cron timezone jitter overlap misfire memory-limit memory-threshold task-timeout "
    "on-exception expect max-runs max-age restart backoff start-limit success-exit-codes stop health log instances"
).split()
"""As the contract lists them."""
PHP = Daemon(name="p", php=Php(factory="make", interpreter=("php",)))
NEXT_START = "depends-on ready autostart profiles".split()


@pytest.mark.parametrize("key", keys_of(Daemon), ids=lambda key: key.name)
def test_each_key_takes_effect_when_the_contract_says(key: Any) -> None:
    if key.name == "extends":  # merged by now: itself it changes nothing
        return
    expected = Applies.LIVE if key.name in LIVE else Applies.NEXT_START if key.name in NEXT_START else Applies.RESTART
    assert key.applies is expected


def test_nothing_has_changed_between_two_equal_declarations() -> None:
    assert (differing(command(), command()), needs(command(), command())) == ((), None)


@pytest.mark.parametrize(
    ("before", "keys", "expected"),
    [
        (factory(), {"sleep": 3.0, "backoff": Backoff(initial=2.0), "log": Log(backups=3)}, Applies.LIVE),
        (factory(), {"sleep": 3.0, "autostart": False}, Applies.NEXT_START),
        (factory(), {"sleep": 3.0, "autostart": False, "umask": 0o077}, Applies.RESTART),
        (factory(), {"memory_limit": 1 << 30}, Applies.LIVE),
        (PHP, {"memory_limit": 1 << 30}, Applies.RESTART),
        (PHP, {"php": evolve(PHP.php, library="/lib")}, Applies.RESTART),
    ],
)
def test_together_they_need_what_the_most_demanding_needs(
    before: Daemon, keys: dict[str, Any], expected: Applies
) -> None:
    assert needs(before, evolve(before, **keys)) is expected


@pytest.mark.parametrize("keys", [{"memory_limit": 9}, {"preload": ("json",)}, {"start_method": "spawn"}])
def test_a_key_that_means_nothing_for_a_command_is_no_change_of_it(keys: dict[str, Any]) -> None:
    """`defaults` are those of tasks and commands alike."""
    assert needs(command(), command(**keys)) is None


def test_a_command_that_becomes_a_task_needs_a_new_process() -> None:
    task = evolve(command(), command=None, task="jobs:send")
    assert [key.name for key in differing(command(), task)] == ["task", "command"]
    assert needs(command(), task) is Applies.RESTART


def test_two_manifests_differ_by_the_instances_that_are_added_kept_and_removed() -> None:
    before = [Key("a", 0), Key("a", 1), Key("b", 0)]
    a, c = command(), command()
    daemons = {"c": evolve(c, name="c"), "a": evolve(a, name="a", instances=1)}
    manifest = Manifest(file="/m/udaemon.toml", directory="/m", project="m", daemons=daemons)
    assert difference(before, manifest) == Difference(
        added=(Key("c", 0),),
        kept=(Key("a", 0),),
        removed=(Key("a", 1), Key("b", 0)),
        declared=(Key("c", 0), Key("a", 0)),
    )
