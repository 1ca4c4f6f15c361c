"""What a client knows of how far its zygote has come."""

from __future__ import annotations

import pytest
from tests.fakes.zygote import FakeParent, FakePopen

from udaemon.engines.zygote.progress import Progress


def popen(root: int | None) -> FakePopen:
    return FakePopen("a", FakeParent(), root=root)


@pytest.mark.parametrize(
    ("ready", "root", "can"),
    [
        (set(), 0, False),
        (set(), None, False),
        ({0}, 0, True),
        ({0}, 1, False),
        ({0}, None, False),
        (None, 0, True),
        (None, None, True),
    ],
)
def test_a_process_can_be_forked_when_its_root_is_loaded(
    ready: set[int] | None, root: int | None, *, can: bool
) -> None:
    assert Progress(ready=ready).can_fork(popen(root)) is can


@pytest.mark.parametrize(("root", "needs"), [(0, False), (1, True), (None, True)])
def test_a_process_needs_an_import_that_is_for_its_root_or_for_all(root: int | None, *, needs: bool) -> None:
    progress = Progress()
    progress.imports("numpy", [1, 2], 5.0)
    assert progress.needs_the_import(popen(root)) is needs


@pytest.mark.parametrize(
    ("give_up_at", "slow_at", "deadline"), [(None, None, None), (3.0, None, 3.0), (None, 2.0, 2.0), (3.0, 2.0, 2.0)]
)
def test_the_deadline_is_the_earlier_moment(
    give_up_at: float | None, slow_at: float | None, deadline: float | None
) -> None:
    assert Progress(give_up_at=give_up_at, slow_at=slow_at).deadline == deadline


def test_a_zygote_that_rests_imports_nothing_and_is_not_waited_for() -> None:
    progress = Progress(give_up_at=3.0, slow_at=2.0)
    progress.imports("numpy", [1], 1.0)
    progress.rests()
    assert (progress.listens, progress.loading, progress.deadline) == (True, None, None)
