"""Values never change: what comes after one is another."""

from __future__ import annotations

import pickle
from typing import Any

import attrs
import pytest
from attrs.exceptions import FrozenInstanceError

from udaemon.manifest.evolving import evolve
from udaemon.manifest.model import Daemon
from udaemon.policy.instance import declared

DAEMON = Daemon(name="mailer", command=("true",))
INSTANCE = declared(DAEMON, 0)


@pytest.mark.parametrize(
    ("value", "changes"),
    [(DAEMON, {"cwd": "/srv", "env": {"A": "1"}}), (INSTANCE, {"pid": 42, "restarts": 1})],
    ids=["daemon", "instance"],
)
def test_an_evolved_value_is_another_that_differs_in_the_changes_alone(value: Any, changes: dict[str, Any]) -> None:
    before = attrs.asdict(value, recurse=False)
    after = evolve(value, **changes)
    assert after == attrs.evolve(value, **changes)
    assert attrs.asdict(value, recurse=False) == before
    assert type(after) is type(value)


def test_an_evolved_daemon_can_be_handed_over() -> None:
    after = evolve(DAEMON, cwd="/srv")
    assert pickle.loads(pickle.dumps(after)) == after


@pytest.mark.parametrize("value", [DAEMON, INSTANCE])
def test_an_evolved_value_cannot_be_changed(value: Any) -> None:
    with pytest.raises(FrozenInstanceError):
        evolve(value).index = 43


@pytest.mark.parametrize(("value", "name"), [(DAEMON, "daemon"), (INSTANCE, "instance")])
def test_what_no_such_value_has_is_refused(value: Any, name: str) -> None:
    with pytest.raises(TypeError, match=f"{name} has no pids"):
        evolve(value, pids=42)
