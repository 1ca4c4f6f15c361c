"""Users and limits of processes, as they are written."""

from __future__ import annotations

import pytest

from udaemon.manifest.limits import RESOURCES, Account, ResourceLimit, ResourceLimits
from udaemon.manifest.problems import Wrong


@pytest.mark.parametrize(("value", "read"), [("www-data", "www-data"), ("_x.y$", "_x.y$"), (0, "0"), ("1000", "1000")])
def test_a_user_is_a_name_or_a_number(value: object, read: str) -> None:
    assert Account("user").parse(value) == read
    assert Account("user").parse(Account("user").dump(read)) == read


@pytest.mark.parametrize("value", ["", "a b", "ä", "-1", -1, 2**32, True, 1.5, None, ["a"], "a\n"])
def test_what_is_no_user_is_told_with_the_form(value: object) -> None:
    with pytest.raises(Wrong) as wrong:
        Account("user").parse(value)
    assert wrong.value.code in {"bad-account", "wrong-type", "no-value"}


@pytest.mark.parametrize(
    ("value", "limit"),
    [
        (4096, ResourceLimit(4096, 4096)),
        ("4096", ResourceLimit(4096, 4096)),
        ("2G", ResourceLimit(2 * 1024**3, 2 * 1024**3)),
        (-1, ResourceLimit(None, None)),
        ("unlimited", ResourceLimit(None, None)),
        ("infinity", ResourceLimit(None, None)),
        ("1024:4096", ResourceLimit(1024, 4096)),
        ("1024:unlimited", ResourceLimit(1024, None)),
        (0, ResourceLimit(0, 0)),
    ],
)
def test_a_limit_is_one_or_two_of_number_size_and_none(value: object, limit: ResourceLimit) -> None:
    of = ResourceLimits()
    assert of.parse({"nofile": value}) == {"nofile": limit}
    assert of.parse(of.dump({"nofile": limit})) == {"nofile": limit}


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("4096:1024", "bad-limit"),
        ("unlimited:5", "bad-limit"),
        ("1:2:3", "bad-limit"),
        ("", "bad-limit"),
        ("many", "bad-limit"),
        (-2, "bad-limit"),
        (2**63, "bad-limit"),
        (True, "wrong-type"),
        (1.5, "wrong-type"),
        (None, "no-value"),
    ],
)
def test_what_is_no_limit_is_told_at_its_name(value: object, code: str) -> None:
    with pytest.raises(ExceptionGroup) as caught:
        ResourceLimits().parse({"core": 0, "nofile": value})
    [wrong] = caught.value.exceptions
    assert isinstance(wrong, Wrong)
    assert (wrong.code, wrong.path) == (code, ("nofile",))


@pytest.mark.parametrize(
    ("name", "hint"),
    [("nofiles", "did you mean nofile?"), ("RLIMIT_CORE", "did you mean core?"), ("xyz", "known are")],
)
def test_a_limit_that_there_is_not_is_told_with_what_was_meant(name: str, hint: str) -> None:
    with pytest.raises(ExceptionGroup) as caught:
        ResourceLimits().parse({name: 1})
    [wrong] = caught.value.exceptions
    assert isinstance(wrong, Wrong)
    assert (wrong.code, wrong.at_key) == ("unknown-key", True)
    assert (wrong.hint or "").startswith(hint)


def test_no_table_is_no_limits() -> None:
    with pytest.raises(Wrong, match="must be a table of limits"):
        ResourceLimits().parse(["nofile"])
    assert ResourceLimits().parse(dict.fromkeys(RESOURCES, 0)).keys() == set(RESOURCES)
