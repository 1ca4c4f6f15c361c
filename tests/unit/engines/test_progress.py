"""How far a zygote has come: who can be forked, who waits for what, and until when."""

import pytest
from tests.fakes.zygote import FakePopen

from udaemon.engines.zygote.progress import Progress

FIRST, SECOND, WHATEVER = FakePopen("first", 0), FakePopen("second", 1), FakePopen("whatever", None)


@pytest.mark.parametrize(
    ("ready", "able"),
    [(set(), []), ({0}, [FIRST]), ({0, 1}, [FIRST, SECOND]), (None, [FIRST, SECOND, WHATEVER])],
)
def test_who_can_be_forked(ready: set[int] | None, able: list[FakePopen]) -> None:
    progress = Progress(ready=ready)
    assert [popen for popen in (FIRST, SECOND, WHATEVER) if progress.can_fork(popen)] == able


def test_who_waits_for_an_import() -> None:
    progress = Progress()
    progress.imports("numpy", [1], 5.0)
    needing = [popen for popen in (FIRST, SECOND, WHATEVER) if progress.needs_the_import(popen)]
    assert needing == [SECOND, WHATEVER]
    assert (progress.loading, progress.loading_since) == ("numpy", 5.0)


@pytest.mark.parametrize(("slow", "give_up", "deadline"), [(None, None, None), (3.0, 9.0, 3.0), (None, 9.0, 9.0)])
def test_the_earlier_moment_counts(slow: float | None, give_up: float | None, deadline: float | None) -> None:
    assert Progress(slow_at=slow, give_up_at=give_up).deadline == deadline


def test_one_that_rests_listens_and_is_waited_for_no_more() -> None:
    progress = Progress(loading="numpy", slow_at=3.0, give_up_at=9.0)
    progress.rests()
    assert (progress.listens, progress.loading, progress.deadline) == (True, None, None)
