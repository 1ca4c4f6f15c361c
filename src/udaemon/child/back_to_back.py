"""The loop of a plain task that never pauses, written out flat: here a microsecond counts.

Knows no signal handler, no process and no scoreboard file, as `loop.py`, which is for every other task.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any

from udaemon.child.forked import leave_if_forked
from udaemon.child.forms import refuse_product
from udaemon.child.loop import Clock, Outcome, StopFlags, outcome_of
from udaemon.child.memory import rss_peak
from udaemon.child.recorder import Recorder
from udaemon.child.scoreboard import BEGUN, CURRENT, DONE, LAST_END, LAST_START, SlotWriter

# Of short runs without a pause each SAMPLE-th is timed for the histogram and counts for as many.
SAMPLE = 64.0
SHORT = 0.001
RSS_PERIOD = 1.0


def back_to_back(  # noqa: C901 - written out flat, as a call costs what a run may take
    run: Callable[[], Any],
    *,
    flags: StopFlags,
    recorder: Recorder,
    clock: Clock,
    paced: Callable[[], Outcome] = lambda: Outcome("stopped"),
) -> Outcome:
    """Run a plain task without pauses: no system call but the clock's, and five stores a run.

    One look at the clock ends a run and begins the next. A float is stored in half the time of an int. Where the pace
    is changed, `paced` goes on from there.
    """
    writer = recorder.writer
    words = writer.words
    sampled = rss_due = 0.0
    number = counted = words[DONE]
    now = clock()
    try:
        while True:
            while flags.attention:
                hook = flags.take_hook()
                if hook is not None:
                    if (end := _ended_by(hook)) is not None:
                        return end
                elif flags.stopping or flags.pace_changed():
                    break
                elif _held(writer, flags):
                    sampled = number  # look up after the one run
                now = clock()
            else:
                words[CURRENT] = now
                while True:
                    started = now
                    result = run()
                    if flags.attention:
                        leave_if_forked()  # before a word is stored
                        sampled = number  # look up after this run
                    if result is not None:
                        refuse_product(result)
                    now = clock()
                    number += 1.0
                    words[BEGUN] = number
                    words[LAST_START] = started
                    words[LAST_END] = now
                    words[CURRENT] = now
                    words[DONE] = number
                    if number >= sampled:
                        sampled = number + _sample(writer, now - started, number - counted)
                        counted = number
                        if not recorder.had_good_run:
                            recorder.good_run()
                        if flags.look() or flags.attention:
                            break
                        if now >= rss_due:
                            rss_due = now + RSS_PERIOD
                            writer.paused(0.0, rss_peak())
                words[CURRENT] = 0.0
                continue
            break
    except BaseException as error:  # noqa: BLE001 - told and returned
        leave_if_forked(error)
        recorder.ended(now, clock(), 0.0, error, stopping=flags.stopping)
        return outcome_of(error)
    return Outcome("stopped") if flags.stopping else paced()


def _ended_by(hook: Callable[[], Any]) -> Outcome | None:
    """Call a hook between two runs. Returns how it ended the loop, if it did."""
    try:
        hook()
    except BaseException as error:  # noqa: BLE001 - as from a run
        leave_if_forked(error)
        return outcome_of(error)
    leave_if_forked()
    return None


def _held(writer: SlotWriter, flags: StopFlags) -> bool:
    """Wait while the operator wants no run to begin. Returns whether there is to be just one."""
    kicked = writer.take_kick()
    if not writer.is_paused:
        return False
    if kicked:
        writer.look_again()
    else:
        flags.wait(inf)
        flags.attention = True
    return kicked


def _sample(writer: SlotWriter, duration: float, runs: float) -> float:
    """Count a run for all since the last sample. Returns after how many the next is due."""
    writer.stay(duration, runs)
    return SAMPLE if duration < SHORT else 1.0
