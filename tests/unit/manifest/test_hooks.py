"""Who is told of an event, as it is written; of a webhook's secrets nothing is in a message."""

from __future__ import annotations

from typing import Any

import pytest

from udaemon.manifest.hooks import ExecHook, Hook, Hooks, Webhook
from udaemon.manifest.problems import Path, Wrong

OF = Hooks()


def wrong(value: object) -> list[tuple[str, Path, str]]:
    with pytest.raises((Wrong, ExceptionGroup)) as caught:
        OF.parse(value)
    found: list[Wrong] = []
    left: list[BaseException] = [caught.value]
    while left:
        one = left.pop(0)
        if isinstance(one, BaseExceptionGroup):
            left = [*one.exceptions, *left]
        else:
            assert isinstance(one, Wrong)
            found.append(one)
    return [(one.code, one.path, f"{one.message} {one.hint}") for one in found]


@pytest.mark.parametrize(
    ("value", "hooks"),
    [
        ("m:f", ("m:f",)),
        (["m:f", "m:g"], ("m:f", "m:g")),
        ([], ()),
        ({"exec": "notify -x 'a b'"}, (ExecHook(exec=("notify", "-x", "a b")),)),
        ({"exec": ["a"], "timeout": "5s"}, (ExecHook(exec=("a",), timeout=5.0),)),
        (
            {"webhook": "https://a/b", "headers": {"X-A": "b"}, "retries": 0},
            (Webhook(webhook="https://a/b", headers={"X-A": "b"}, retries=0),),
        ),
    ],
)
def test_what_is_right_is_read_and_written_so_that_it_is_read_again(value: Any, hooks: tuple[Hook, ...]) -> None:
    assert OF.parse(value) == hooks
    assert OF.parse(OF.dump(hooks)) == hooks


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("no callable", "bad-callable"),
        (5, "wrong-type"),
        ({"exec": "a", "timout": 5}, "unknown-key"),
        ({"exec": "a", "timeout": 0}, "out-of-range"),
        ({"webhook": "ftp://a/"}, "bad-url"),
        ({"webhook": "https:///x"}, "bad-url"),
        ({"webhook": "https://a/", "retries": 99}, "out-of-range"),
        ({"webhook": "https://a/", "headers": {"Host": "b"}}, "bad-header"),
        ({"webhook": "https://a/", "headers": {"a b": "c"}}, "bad-header"),
        ({"webhook": "https://a/", "headers": {"A": "b\r\nC: d"}}, "bad-header"),
    ],
)
def test_what_is_wrong_is_told(value: object, code: str) -> None:
    assert code in [told for told, _, _ in wrong(value)]


def test_each_wrong_one_of_a_list_is_told_at_its_place() -> None:
    places = [path[0] for _, path, _ in wrong(["m:f", 5, {"webhook": "x"}])]
    assert places == [1, 2]


def test_neither_the_url_nor_a_header_is_in_any_message() -> None:
    secret = "hunter2"
    for value in (
        {"webhook": f"ftp://a/{secret}"},
        {"webhook": f"https://a/{secret} x"},
        {"webhook": "https://a/", "headers": {"A": f"{secret}\n"}},
    ):
        assert secret not in str(wrong(value))
    assert secret not in repr(Webhook(webhook=f"https://a/{secret}", headers={"A": secret}))
