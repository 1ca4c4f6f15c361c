"""Runs a daemon in a forked process: a clean environment, the task, the loop, and a true exit code.

Knows nothing of how it was forked and of who reads its exit. Imports nothing that a daemon would not need.
"""

from __future__ import annotations

import gc
import os
import signal
import time
from collections.abc import Callable
from functools import partial

from udaemon.child.back_to_back import back_to_back
from udaemon.child.bootstrap import ChildSetup, ProcessSetup, steps_of
from udaemon.child.build import Built, build
from udaemon.child.dispositions import unblock_signals
from udaemon.child.forked import leave_if_forked, protect
from udaemon.child.forms import Misconfigured
from udaemon.child.fresh import seed_anew
from udaemon.child.loop import Outcome, Steps, outcome_of, run_steps
from udaemon.child.recorder import Recorder
from udaemon.child.replanning import planner_of
from udaemon.child.report import READY, Leaving, ReadyWith
from udaemon.child.signals import Signals
from udaemon.child.spec import Pace
from udaemon.child.telling import code_text, exit_code, finish, last_line, say, show_end
from udaemon.child.timer_slack import make_timers_precise

TYPE_CHECKING = False
if TYPE_CHECKING:
    from udaemon.child.questions import Questions

EXIT_CONFIG = 78  # EX_CONFIG of sysexits.h
SHORT_PAUSE = 1.0  # below this a period is taken to ask for precision


def child_main(setup: ProcessSetup) -> int:
    """Run the daemon in a process that was forked for it. Returns the exit code; leave by `os._exit` with it.

    By then exit handlers have run and the output is flushed. Threads that the task left behind are not waited for: a
    daemon that has failed must be seen to have failed.
    """
    try:
        own_process(setup)
        outcome = _judged(prepare(setup)())
    except BaseException as error:  # noqa: BLE001 - whatever it is, it must be told
        outcome = _raised(error)
    leave_if_forked(outcome.error)
    code = report_exit(setup, outcome)
    finish()
    return code


def run(setup: ChildSetup, *, once: bool = False) -> Outcome:
    """Build the task and run it until it ends. Raises nothing: what went wrong is in the outcome."""
    try:
        return _judged(prepare(setup, once=once)())
    except BaseException as error:  # noqa: BLE001 - from the user's modules
        return _raised(error)


def prepare(setup: ChildSetup, *, once: bool = False) -> Callable[[], Outcome]:
    """Build the task. Returns its loop, which the caller runs, so that no frame of this lies below the task's.

    Raises:
        BaseException: Whatever the user's modules do, and `Misconfigured`.
    """
    signals, recorder = setup.signals, setup.recorder
    setup.writer.attach(os.getpid())
    signals.asked_to_stop, signals.pace_changed, signals.has_wishes = setup.looks
    protect(*setup.cuts)
    for do in setup.first:
        do()
    name, params, is_task = setup.task
    built = build(name, params, setup.context, setup.call, is_task=is_task)
    leave_if_forked()
    signals.hooks = built.hooks
    if signals.stopping:
        return partial(Outcome, "stopped")
    if recorder.listeners:
        recorder.start()
    asks = _questions(setup, built)
    if setup.timetable is not None:
        setup.steps.goes_by(planner_of(setup.timetable, setup.spec.min_sleep, signals, recorder))
    return _loop_of(setup.steps, built, signals, recorder, once=once, told=partial(_told, setup), asks=asks)


def _questions(setup: ChildSetup, built: Built) -> Questions | None:
    """Report that the task is built, and what it is to be asked between its runs."""
    methods = tuple(name for name in built.methods if name in setup.spec.asked) if built.methods else ()
    if not methods:
        setup.reporter.send(READY)
        return None
    from udaemon.child.questions import Questions  # few tasks have such methods

    setup.reporter.send(ReadyWith(methods))
    return Questions(built.methods, setup.spec.asked, setup.reporter.send, time.monotonic())


def _told(setup: ChildSetup, end: Outcome) -> None:
    report_exit(setup, _judged(end))


def _judged(outcome: Outcome) -> Outcome:
    """Turn an error in the declaration that a run has shown into the outcome `config`."""
    return Outcome("config", outcome.error) if isinstance(outcome.error, Misconfigured) else outcome


def _raised(error: BaseException) -> Outcome:
    """The outcome for an exception that no run raised."""
    return _judged(Outcome("exited" if isinstance(error, SystemExit) else "exception", error))


def report_exit(setup: ChildSetup, outcome: Outcome) -> int:
    """Report why the child exits, to the supervisor and to its log, once. Returns the exit code.

    To the supervisor first: what the user has made of `sys.excepthook` may fail or hang.
    """
    spec, error = setup.spec, outcome.error
    code, message = 0, outcome.message
    if outcome.reason == "config":
        code, message = EXIT_CONFIG, str(error)
    elif isinstance(error, SystemExit):
        code, message = exit_code(error), f"sys.exit({code_text(error)})"
    elif error is not None:
        code, message = exit_code(error), last_line(error)
    if setup.told:
        return code
    setup.told = True
    setup.reporter.send(Leaving(outcome.reason, message))
    if outcome.reason == "config" or (error is None and message is not None):
        say(f"udaemon: {spec.name}: {message}")
    elif error is not None:
        show_end(error)
    return code


def loop_of(pace: Pace, built: Built, signals: Signals, recorder: Recorder, *, once: bool) -> Callable[[], Outcome]:
    """The loop that suits a task that is built. None of its runs where a listener to its start has ended it."""
    return _loop_of(steps_of(pace, signals, recorder), built, signals, recorder, once=once)


def _loop_of(
    steps: Steps,
    built: Built,
    signals: Signals,
    recorder: Recorder,
    *,
    once: bool,
    told: Callable[[Outcome], object] = lambda _outcome: None,
    asks: Questions | None = None,
) -> Callable[[], Outcome]:
    """The same with steps that were made before; `told` of the end where there is a wait after it."""
    if recorder.ended_by is not None:
        return partial(outcome_of, recorder.ended_by)
    if 0 < steps.shortest_pause < SHORT_PAUSE:
        make_timers_precise()
    steps.serve(built.run, once=once, always_pause=built.is_async, asks=None if once else asks)
    if built.is_async:
        from udaemon.child.async_loop import run_steps_async  # asyncio is 40 ms that a plain task need not pay

        return partial(run_steps_async, steps, signals, told)
    paced = partial(run_steps, steps, signals.wait)
    if steps.pauses or recorder.listens or once or asks:
        return paced
    signals.attention = signals.attention or recorder.writer.is_paused
    return partial(back_to_back, built.run, flags=signals, recorder=recorder, clock=time.monotonic, paced=paced)


def own_process(setup: ProcessSetup) -> None:
    """Session, signals, output: nothing is as the forker left it, who has closed all descriptors but these."""
    try:
        os.setsid()
    except PermissionError:
        pass  # already a leader
    # Only now: a TERM that came since the fork waits until it has a handler.
    unblock_signals()
    gc.enable()
    if setup.shared.lifeline is not None:
        setup.shared.lifeline.signal_at_end(signal.SIGTERM)
    os.dup2(setup.output, 1)
    os.dup2(setup.errors, 2)
    for fd in setup.spent:
        os.close(fd)
    if setup.shared.shares_numbers:
        seed_anew()
