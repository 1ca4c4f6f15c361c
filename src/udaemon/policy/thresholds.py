"""How many answers in a row make a verdict, and when the next question is asked.

Knows no clock and no question: answers in, verdicts out. Plain tuples: a child that has no attrs loads this, too.
"""

from __future__ import annotations

from binascii import crc32
from typing import NamedTuple

_SPREADS = 0x9E3779B1
"""2**32 by the golden ratio: checksums of `web-1` and `web-2` have their first bits in common, and what they are
multiplied to has not (Knuth, volume 3, 6.4). A digest would do too, and costs the supervisor a crypto library."""


class Thresholds(NamedTuple):
    """Failures in a row that make what is good bad, and successes that make what is bad good."""

    failures: int
    successes: int


class Tally(NamedTuple):
    """What was answered of late.

    Attributes:
        ok: The verdict. Readiness is bad until it has proved good, health is good until it has proved bad.
        row: Answers in a row that speak against it.
        reason: The last answer that agrees with it, in words.
        told: Whether it was passed on.
    """

    ok: bool
    row: int = 0
    reason: str = ""
    told: bool = False


def count(tally: Tally, rules: Thresholds, *, ok: bool, reason: str) -> tuple[Tally, bool]:
    """Count an answer. Returns what is known now, and whether it is to be passed on.

    What is bad passes on each new reason: somebody waits for it.
    """
    if ok == tally.ok:
        news = not tally.told or (not ok and reason != tally.reason)
        return tally._replace(row=0, reason=reason, told=True), news
    row = tally.row + 1
    if row < (rules.successes if ok else rules.failures):
        return tally._replace(row=row), False
    return Tally(ok=ok, reason=reason, told=True), True


def phase(name: str, period: float) -> float:
    """By how much the questions of one instance are shifted, so that those of many do not come in bursts."""
    return crc32(name.encode()) * _SPREADS % 2**32 / 2**32 * period
