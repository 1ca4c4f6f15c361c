"""Two manifests that say the same have one fingerprint, and no secret can be read out of it."""

from __future__ import annotations

from attrs import evolve
from tests.fakes.host import manifest

from udaemon.manifest.fingerprint import fingerprint
from udaemon.manifest.model import Daemon


def test_it_is_the_same_for_what_says_the_same_and_another_for_what_does_not() -> None:
    one = manifest(Daemon(name="a", command=("a",), env={"PASSWORD": "hunter2"}))
    assert fingerprint(one) == fingerprint(evolve(one)) == fingerprint(one)
    other = manifest(Daemon(name="a", command=("a",), env={"PASSWORD": "hunter3"}))
    assert fingerprint(other) != fingerprint(one)
    assert "hunter" not in fingerprint(one)


def test_bytes_of_a_name_that_are_no_text_are_no_trouble() -> None:
    assert fingerprint(manifest(Daemon(name="a", command=("\udcff",))))
