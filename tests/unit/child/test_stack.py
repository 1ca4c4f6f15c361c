"""What is called at the bottom of a stack, in the process that begins there; forks are in process/test_stack."""

from __future__ import annotations

import pytest

from udaemon.child import stack
from udaemon.child.stack import Leave, at_the_bottom, go_on


def test_it_goes_on_with_what_is_returned_until_that_is_a_result() -> None:
    assert at_the_bottom(lambda: lambda: lambda: 7) == 7


def test_what_is_left_for_is_done_from_the_bottom() -> None:
    def deep(depth: int) -> object:
        return deep(depth - 1) if depth else go_on(lambda: "from the bottom")

    assert at_the_bottom(lambda: deep(9)) == "from the bottom"


def test_nobody_on_the_way_catches_it_as_an_error() -> None:
    def deep() -> object:
        try:
            go_on(lambda: "gone")
        except Exception:
            return "caught"

    assert at_the_bottom(deep) == "gone"
    assert not issubclass(Leave, Exception)


def test_an_error_is_the_callers_and_there_is_no_bottom_afterwards() -> None:
    with pytest.raises(ZeroDivisionError):
        at_the_bottom(lambda: 1 / 0)
    assert not stack._has_bottom


def test_a_bottom_in_a_bottom_leaves_the_outer_one_there() -> None:
    def outer() -> bool:
        at_the_bottom(lambda: 1)
        return stack._has_bottom

    assert at_the_bottom(outer) is True
