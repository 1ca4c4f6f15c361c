"""Code that is called lies together afterwards, and does what it did."""

from __future__ import annotations

import sys

import pytest

from udaemon.engines.zygote.gathering import lay_together


class Counter:
    """Has one of each kind that is called by its name."""

    def __init__(self) -> None:
        self.count = 0

    def add(self, number: int = 1, *, twice: bool = False) -> int:
        self.count += number * (2 if twice else 1)
        return self.count

    @property
    def half(self) -> float:
        return self.count / 2

    @staticmethod
    def zero() -> int:
        return 0

    @classmethod
    def made(cls) -> Counter:
        return cls()


def never() -> None:
    raise AssertionError


def use() -> tuple[int, float, int]:
    counter = Counter.made()
    counter.add(3, twice=True)
    return counter.count, counter.half, Counter.zero()


def codes() -> dict[str, int]:
    functions = (use, Counter.__init__, Counter.add, Counter.half.fget, Counter.zero, Counter.made.__func__, never)  # type: ignore[attr-defined]
    return {function.__qualname__: id(function.__code__) for function in functions}


def test_what_is_called_has_its_code_made_anew_and_does_what_it_did() -> None:
    copies = [function.__code__.replace() for function in (use, Counter.add, never)]
    before, result = codes(), use()
    lay_together(use)
    after = codes()
    assert {*before.values()} & {*after.values()} == {before["never"]}, "none is where another one was"
    assert use() == result
    assert [use.__code__, Counter.add.__code__, never.__code__] == copies


def test_a_function_within_another_keeps_its_code() -> None:
    def inner() -> int:
        return 1

    code = inner.__code__
    lay_together(inner)
    assert inner.__code__ is code


def test_who_was_profiling_goes_on() -> None:
    def profiler(*_: object) -> None:
        pass

    former = sys.getprofile()
    sys.setprofile(profiler)
    try:
        lay_together(use)
        assert sys.getprofile() is profiler
    finally:
        sys.setprofile(former)


def test_an_error_of_what_is_called_leaves_no_profiler_behind() -> None:
    former = sys.getprofile()
    with pytest.raises(AssertionError):
        lay_together(never)
    assert sys.getprofile() is former
