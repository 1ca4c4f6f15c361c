"""Instances never change: what comes after one is another."""

from __future__ import annotations

import attrs
import pytest
from attrs.exceptions import FrozenInstanceError

from udaemon.manifest.model import Daemon
from udaemon.policy.instance import Instance, Key, State, declared, evolve

INSTANCE = declared(Daemon(name="mailer", command=("true",)), 0)


def test_an_evolved_instance_is_another_that_differs_in_the_changes_alone() -> None:
    before = attrs.asdict(INSTANCE, recurse=False)
    after = evolve(INSTANCE, state=State.RUNNING, pid=42)
    assert after == attrs.evolve(INSTANCE, state=State.RUNNING, pid=42)
    assert attrs.asdict(INSTANCE, recurse=False) == before
    assert isinstance(after, Instance)


def test_an_evolved_instance_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        evolve(INSTANCE, pid=42).pid = 43  # type: ignore[misc]


def test_what_no_instance_has_is_refused() -> None:
    with pytest.raises(TypeError, match="an instance has no pids"):
        evolve(INSTANCE, pids=42)


def test_keys_are_in_the_order_of_names_and_numbers() -> None:
    keys = [Key("a", 10), Key("b", 0), Key("a", 2)]
    assert [str(key) for key in sorted(keys)] == ["a/2", "a/10", "b/0"]
