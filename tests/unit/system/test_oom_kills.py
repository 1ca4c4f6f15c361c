"""Whether a KILL was for want of memory is told by the kernel's count of such kills."""

from __future__ import annotations

from pathlib import Path

from udaemon.system.oom_kills import OomKills


def test_a_kill_is_explained_by_a_count_that_has_grown(tmp_path: Path) -> None:
    counter = tmp_path / "memory.events"
    counter.write_text("low 0\nmax 3\noom 7\noom_kill 7\noom_group_kill 0\n")
    kills = OomKills(str(counter))
    assert not kills.explains(killed=True)

    counter.write_text("oom_kill 9\n")
    assert [kills.explains(killed=True) for _ in range(3)] == [True, True, False]


def test_what_was_no_kill_takes_the_count_with_it(tmp_path: Path) -> None:
    """A grandchild was the victim: a later kill by hand is none of the kernel's."""
    counter = tmp_path / "memory.events"
    counter.write_text("oom_kill 0\n")
    kills = OomKills(str(counter))
    counter.write_text("oom_kill 1\n")

    assert not kills.explains(killed=False)
    assert not kills.explains(killed=True)


def test_a_count_that_cannot_be_read_explains_nothing(tmp_path: Path) -> None:
    assert not OomKills(str(tmp_path / "missing")).explains(killed=True)
    assert not OomKills().explains(killed=False)
