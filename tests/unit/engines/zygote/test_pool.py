"""Which daemons share a zygote, and what it imports for them. No zygote is started here."""

from __future__ import annotations

from typing import Any

import pytest
from tests.fakes.reactor import SmallReactor
from tests.fakes.zygote import FakeParent

from udaemon.engines.zygote.pool import ZygotePool, root_of
from udaemon.engines.zygote.protocol import Timeouts
from udaemon.engines.zygote.sharing import Root
from udaemon.engines.zygote.start import Starter
from udaemon.manifest.model import Daemon, Manifest


def daemon(name: str, **options: Any) -> Daemon:
    return Daemon(name=name, cwd="/srv", **({"factory": f"{name}:create"} | options))


def pool(*daemons: Daemon, **env: str) -> ZygotePool:
    """The pool of a manifest with these daemons and this environment."""
    manifest = Manifest(
        file="/srv/udaemon.toml", directory="/srv", project="shop", env=env, daemons={one.name: one for one in daemons}
    )
    return ZygotePool(SmallReactor(), manifest, FakeParent(), Timeouts(), starter=Starter(), common=(0,), output=2)


PLAIN = daemon("a")


@pytest.mark.parametrize(
    ("other", "shares", "has_root"),
    [
        (daemon("b"), True, True),
        (daemon("b", instances=5), True, True),
        (daemon("b", env={"X": "1"}), False, False),
        (daemon("b", env={"X": "1"}, instances=2), False, True),
        (daemon("b", env={"PYTHONUTF8": "1"}), False, True),
        (daemon("b", enabled=False), True, False),
    ],
)
def test_an_environment_of_its_own_is_a_zygote_of_its_own_where_it_is_worth_one(
    other: Daemon, *, shares: bool, has_root: bool
) -> None:
    """One that imports nothing of the user's knows no roots."""
    zygotes = pool(PLAIN, other)
    assert (zygotes.of(PLAIN) is zygotes.of(other)) is shares
    assert (zygotes.root_of(other) is not None) is has_root
    assert zygotes.of(other) is zygotes.of(other)


def test_the_environment_of_the_manifest_is_that_of_all() -> None:
    other = daemon("b", env={"X": "1"})
    zygotes = pool(daemon("a", env={"X": "1"}), other, X="1")
    assert zygotes.root_of(other) == 1


def test_daemons_that_begin_with_the_same_modules_have_one_root() -> None:
    daemons = [daemon("a"), daemon("b", factory="a:other"), daemon("c")]
    zygotes = pool(*daemons)
    assert [zygotes.root_of(one) for one in daemons] == [0, 0, 1]


def test_a_root_is_the_modules_of_factory_and_listeners_and_what_is_preloaded() -> None:
    assert root_of(daemon("a", preload=("numpy", "x"))) == Root(("a",), ("numpy", "x"))


def test_nothing_is_started_or_waited_for_before_somebody_asks() -> None:
    zygotes = pool(PLAIN)
    assert (list(zygotes.pids), zygotes.deadline, zygotes.busy, zygotes.told_of(PLAIN)) == ([], None, False, None)
    zygotes.close()
