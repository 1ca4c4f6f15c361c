"""Scores of the OOM killer, in files that stand for the kernel's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from udaemon.system import oom


@pytest.mark.parametrize(
    ("before", "told", "after"), [("0\n", 0, "-900"), ("300\n", 300, "-900"), ("-950\n", None, "-950\n")]
)
def test_f65_a_score_is_lowered_once_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: str, told: int | None, after: str
) -> None:
    file = tmp_path / "oom_score_adj"
    file.write_text(before)
    monkeypatch.setattr(oom, "_OWN", str(file))
    assert oom.shield() == told
    assert file.read_text().startswith(after.strip())


def test_f65_where_it_is_not_allowed_nothing_is_to_be_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oom, "_OWN", "/proc/nobody/oom_score_adj")
    assert oom.shield() is None


def test_f65_a_child_gets_what_we_had() -> None:
    pid = os.posix_spawn("/bin/sleep", ["sleep", "1000"], os.environ)
    try:
        oom.give(pid, 400)
        assert Path(f"/proc/{pid}/oom_score_adj").read_text() == "400\n"
    finally:
        os.kill(pid, 9)
        os.waitpid(pid, 0)
    oom.give(pid, 400)  # it has gone, which is no error
