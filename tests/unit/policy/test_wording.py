"""The sentences of the policy, word for word."""

import pytest

from udaemon.policy import wording
from udaemon.policy.instance import Exit
from udaemon.policy.reasons import Reason


def end(code: int | None = None, signal: int | None = None, *, core: bool = False) -> Exit:
    return Exit(code=code, signal=signal, core=core, reason=Reason.UNKILLABLE, at=0)


@pytest.mark.parametrize(
    ("ended", "text"),
    [
        (end(3), "exit code 3"),
        (end(signal=9), "killed by signal 9 (SIGKILL)"),
        (end(signal=11, core=True), "killed by signal 11 (SIGSEGV, core dumped)"),
        (end(signal=33), "killed by signal 33 (signal 33)"),
        (end(), "unkillable"),
    ],
)
def test_an_end_is_told_by_its_code_or_its_signal(ended: Exit, text: str) -> None:
    assert wording.ending(ended) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-1, "at once"),
        (0, "at once"),
        (0.1034, "in 0.103 s"),
        (1.5, "in 1.5 s"),
        (10, "in 10 s"),
        (86400, "in 86400 s"),
    ],
)
def test_a_wait_is_told_in_seconds(seconds: float, text: str) -> None:
    assert wording.wait(seconds) == text


def test_pids_are_listed() -> None:
    assert (wording.pids((7,)), wording.pids((7, 9))) == ("pid 7", "pids 7, 9")
