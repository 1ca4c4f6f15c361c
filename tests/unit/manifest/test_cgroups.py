"""The table `cgroup`: what is written there, and what the kernel is to read."""

from __future__ import annotations

import pytest

from udaemon.manifest.cgroups import Cgroup


@pytest.mark.parametrize(("cpu", "text"), [(0.5, "50000 100000"), (0.01, "1000 100000"), (2, "200000 100000")])
def test_a_share_of_processors_is_a_quota_of_the_period(cpu: float, text: str) -> None:
    assert Cgroup(cpu=cpu).limits == {"cpu": ("cpu", text)}


def test_each_limit_goes_to_its_controller_and_names_its_key() -> None:
    limits = Cgroup(memory_max=4096, pids=7).limits
    assert limits == {"memory": ("memory-max", "4096"), "pids": ("pids", "7")}


def test_without_a_limit_nothing_is_wanted() -> None:
    assert Cgroup(optional=True).limits == {}
