"""How long one system call may wait, and which moment comes first."""

from __future__ import annotations

import pytest

from udaemon.waits import LONGEST, bounded, earliest


@pytest.mark.parametrize(
    ("left", "timeout"), [(None, None), (-3.0, 0.0), (0.0, 0.0), (5.5, 5.5), (1e300, LONGEST), (float("inf"), LONGEST)]
)
def test_a_wait_is_no_longer_than_the_kernel_can_count(left: float | None, timeout: float | None) -> None:
    assert bounded(left) == timeout


@pytest.mark.parametrize(
    ("moments", "first"), [((), None), ((None, None), None), ((3.0, None, 2.0), 2.0), ((0.0, 5.0), 0.0)]
)
def test_the_first_of_several_moments_is_that_of_those_that_come(
    moments: tuple[float | None, ...], first: float | None
) -> None:
    assert earliest(*moments) == first
