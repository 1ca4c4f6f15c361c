"""A manifest that an older version has pickled has the fields that are new."""

import pickle

import pytest
from attrs import Factory, frozen

from udaemon.errors import UdaemonError
from udaemon.manifest.model import Daemon, Manifest
from udaemon.service.filled import fill


@frozen
class _Now:
    old: int
    new: int = 7
    made: dict[str, int] = Factory(dict)


def _without(value: object, *names: str) -> None:
    for name in names:
        object.__delattr__(value, name)


def test_what_is_new_has_its_default_wherever_it_stands() -> None:
    value = _Now(1)
    _without(value, "new", "made")
    fill({"a": (value,)})
    assert value == _Now(1, 7, {})


def test_what_must_be_said_is_missed() -> None:
    value = _Now(1)
    _without(value, "old")
    with pytest.raises(UdaemonError, match="knew no old of a _Now"):
        fill([value])


def test_a_manifest_goes_through_as_it_is() -> None:
    daemon = Daemon(name="web", command=("sleep", "1"))
    manifest = Manifest(file="/m.toml", directory="/", project="shop", daemons={"web": daemon})
    again = pickle.loads(pickle.dumps(manifest))
    fill(again)
    assert again == manifest
    _without(again.daemons["web"], "sleep")
    fill(again)
    assert again == manifest
