"""Who a process becomes. What changes a process for good is in tests/process; here it is refused before it changes."""

from __future__ import annotations

import os
import resource

import pytest

from udaemon.child.identity import NOBODY_ELSE, Identity, IdentityRefused, become, variables


def refused(identity: Identity) -> IdentityRefused:
    before = os.getresuid(), os.getresgid(), os.getgroups()
    with pytest.raises(IdentityRefused) as caught:
        become(identity)
    assert (os.getresuid(), os.getresgid(), os.getgroups()) == before
    return caught.value


def test_nobody_else_is_no_change() -> None:
    assert become(NOBODY_ELSE) == {}


def test_who_it_is_already_needs_no_right_and_has_its_variables() -> None:
    import pwd

    entry = pwd.getpwuid(os.getuid())
    told = {"HOME": entry.pw_dir, "LOGNAME": entry.pw_name, "USER": entry.pw_name}
    assert become(Identity(user=entry.pw_name)) == become(Identity(user=str(entry.pw_uid))) == told


def test_limits_that_it_has_already_are_no_change() -> None:
    files, core = resource.getrlimit(resource.RLIMIT_NOFILE), resource.getrlimit(resource.RLIMIT_CORE)
    assert become(Identity(rlimits=(("nofile", *files), ("core", *core)))) == {}
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == files


@pytest.mark.parametrize(
    ("identity", "message"),
    [
        (Identity(user="no-such-user"), "user no-such-user: there is no such user"),
        (Identity(group="no-such-group"), "group no-such-group: there is no such group"),
        (
            Identity(user="3999999999"),
            "user 3999999999: there is no such user; set group for one without an entry",
        ),
        (Identity(rlimits=(("madness", 1, 1),)), "rlimits.madness: this system has no such limit"),
        (Identity(oom_score=5000), "oom-score 5000: Invalid argument (EINVAL)"),
        (Identity(stdin="/nowhere/in"), "stdin /nowhere/in: No such file or directory (ENOENT)"),
    ],
)
def test_what_it_cannot_be_is_told_and_not_tried_again(identity: Identity, message: str) -> None:
    told = refused(identity)
    assert (str(told), told.passes) == (message, False)


def test_a_limit_whose_soft_part_is_above_its_hard_one_is_refused() -> None:
    assert str(refused(Identity(rlimits=(("core", 5, 4),)))).startswith("rlimits.core: ")


def test_the_manifests_own_variables_stay_as_they_are() -> None:
    assert variables({"HOME": "/a", "USER": "a"}, {"HOME": "/mine"}) == {"USER": "a"}
