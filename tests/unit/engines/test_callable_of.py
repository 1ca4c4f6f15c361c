"""Which callable a daemon's process imports."""

from __future__ import annotations

import pytest

from udaemon.engines.callable_of import callable_of
from udaemon.manifest.model import Daemon, Php


@pytest.mark.parametrize(
    ("daemon", "name"),
    [
        (Daemon(name="a", factory="m:make"), "m:make"),
        (Daemon(name="a", task="m:run"), "m:run"),
        (Daemon(name="a", php=Php(factory="A::b", bootstrap="/b.php")), "udaemon.php.task:create"),
    ],
)
def test_it_is_the_task_or_what_makes_it(daemon: Daemon, name: str) -> None:
    assert callable_of(daemon) == name


def test_a_command_has_none() -> None:
    with pytest.raises(ValueError, match="a has no task"):
        callable_of(Daemon(name="a", command=("a",)))
