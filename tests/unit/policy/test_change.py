"""What differs between two declarations, and when each change takes effect (contract, "Change while running")."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve
from tests.fakes.life import command, factory

from udaemon.manifest.keys import Applies, keys_of
from udaemon.manifest.model import Backoff, Daemon, Log, Manifest, Php, Stop
from udaemon.policy.change import Difference, KeyChange, applies, changes, difference
from udaemon.policy.instance import Key

LIVE = (
    "description tags sleep min-sleep cron timezone jitter overlap misfire memory-limit memory-threshold task-timeout "
    "on-exception expect max-runs max-age restart backoff start-limit success-exit-codes stop health log instances"
).split()
"""As the contract lists them."""
NEXT_START = "depends-on ready autostart profiles".split()


@pytest.mark.parametrize("key", keys_of(Daemon), ids=lambda key: key.name)
def test_each_key_takes_effect_when_the_contract_says(key: Any) -> None:
    if key.name == "extends":  # merged by now: itself it changes nothing
        return
    expected = Applies.LIVE if key.name in LIVE else Applies.NEXT_START if key.name in NEXT_START else Applies.RESTART
    assert key.applies is expected


def test_nothing_has_changed_between_two_equal_declarations() -> None:
    assert (changes(command(), command()), applies(command(), command())) == ((), None)


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"sleep": 3.0}, [KeyChange("sleep", 0.0, 3.0, Applies.LIVE)]),
        ({"stop": Stop(timeout=3.0)}, [KeyChange("stop.timeout", 10.0, 3.0, Applies.LIVE)]),
        ({"autostart": False}, [KeyChange("autostart", True, False, Applies.NEXT_START)]),
        ({"env": {"A": "1"}}, [KeyChange("env", {}, {"A": "1"}, Applies.RESTART)]),
        ({"php": Php(library="/lib")}, [KeyChange("php.library", None, "/lib", Applies.RESTART)]),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_each_change_is_told_by_its_key(keys: dict[str, Any], expected: list[KeyChange]) -> None:
    assert list(changes(factory(), factory(**keys))) == expected


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"sleep": 3.0, "backoff": Backoff(initial=2.0), "log": Log(backups=3)}, Applies.LIVE),
        ({"sleep": 3.0, "autostart": False}, Applies.NEXT_START),
        ({"sleep": 3.0, "autostart": False, "umask": 0o077}, Applies.RESTART),
    ],
)
def test_together_they_need_what_the_most_demanding_needs(keys: dict[str, Any], expected: Applies) -> None:
    assert applies(factory(), factory(**keys)) is expected


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
