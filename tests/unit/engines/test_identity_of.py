"""Who a daemon's process is to be, from its keys."""

from __future__ import annotations

from udaemon.child.identity import NOBODY_ELSE, Identity
from udaemon.engines.identity_of import identity_of
from udaemon.manifest.limits import ResourceLimit
from udaemon.manifest.model import Daemon


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
