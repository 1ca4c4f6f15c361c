"""The lines of `udaemon doctor`."""

from __future__ import annotations

from udaemon.ui.facts import lines

FACTS = [
    ("python", "good", "3.11.7"),
    ("OOM score", "missing", "may not be lowered: the kernel may end the supervisor"),
    ("log directory", "bad", "/srv/\x1b[31m is no directory"),
]


def test_a_fact_is_a_line() -> None:
    assert "".join(lines(FACTS, None)) == (
        "good     python         3.11.7\n"
        "missing  OOM score      may not be lowered: the kernel may end the supervisor\n"
        "bad      log directory  /srv/\\x1b[31m is no directory\n"
    )


def test_on_a_terminal_a_long_text_is_wrapped_below_itself() -> None:
    assert "".join(lines(FACTS[:2], 50)) == (
        "good     python     3.11.7\n"
        "missing  OOM score  may not be lowered: the kernel\n"
        "                    may end the supervisor\n"
    )
    assert max(len(line) for line in "".join(lines(FACTS, 50)).splitlines()) <= 50


def test_states_are_coloured_on_demand() -> None:
    assert "".join(lines(FACTS[:1], 80, color=True)) == "\x1b[32mgood\x1b[0m     python  3.11.7\n"
