"""Signals of a task in a terminal: Ctrl-C is told, and a terminal that hangs up ends who does not listen to it."""

from __future__ import annotations

import signal

import pytest

from udaemon.child.foreground import TerminalSignals

HUP, INT, TERM = (int(number) for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM))


def test_ctrl_c_is_told_once_and_is_known_at_the_end(capfd: pytest.CaptureFixture[str]) -> None:
    signals = TerminalSignals()
    signals.on_stop(INT)
    assert (signals.stopping, signals.interrupted) == (True, True)
    assert capfd.readouterr().err == "udaemon: stopping after this run; once more to kill\n"


def test_a_term_is_no_interruption(capfd: pytest.CaptureFixture[str]) -> None:
    signals = TerminalSignals()
    signals.on_stop(TERM)
    assert (signals.stopping, signals.interrupted, capfd.readouterr().err) == (True, False, "")


def test_a_terminal_that_hangs_up_stops_it_unless_there_is_a_hook() -> None:
    without, listening = TerminalSignals(), TerminalSignals()
    listening.hooks = {HUP: bool}
    for signals in (without, listening):
        signals.on_other(HUP)
    assert (without.stopping, listening.stopping, listening.attention) == (True, False, True)
