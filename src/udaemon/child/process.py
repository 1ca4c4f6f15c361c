"""Runs a daemon in a forked process: a clean environment, the task, the loop, and a true exit code.

Knows nothing of how it was forked and of who reads its exit. Imports nothing that a daemon would not need.
"""

from __future__ import annotations

import gc
import os
import resource
import signal
import time
from collections.abc import Callable
from functools import partial

from udaemon.child.after_run import AfterRuns
from udaemon.child.back_to_back import back_to_back
from udaemon.child.bootstrap import ChildSetup, ProcessSetup
from udaemon.child.build import Built, build, load_module, resolve_listener
from udaemon.child.dispositions import unblock_signals
from udaemon.child.environment import MARKS, is_basic
from udaemon.child.forked import leave_if_forked, protect
from udaemon.child.forms import Misconfigured
from udaemon.child.fresh import seed_anew
from udaemon.child.identity import NOBODY_ELSE, IdentityRefused, become, variables
from udaemon.child.lifeline import Lifeline
from udaemon.child.loop import Outcome, Steps, outcome_of, run_steps
from udaemon.child.memory import limit_of
from udaemon.child.pace import PaceChanges
from udaemon.child.recorder import Recorder
from udaemon.child.replanning import planner_of, replan
from udaemon.child.report import Leaving, ReadyReport, ReadyWith, Reporter
from udaemon.child.run_locks import RunLocks
from udaemon.child.run_reports import RunReports
from udaemon.child.signals import Signals
from udaemon.child.spec import ChildSpec, Pace
from udaemon.child.telling import code_text, exit_code, finish, last_line, say, show_end
from udaemon.child.timer_slack import make_timers_precise
from udaemon.system import oserror

TYPE_CHECKING = False
if TYPE_CHECKING:
    from udaemon.child.period import Planner
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
    spec, signals, reporter = setup.spec, setup.signals, setup.reporter
    setup.writer.attach(os.getpid())
    signals.asked_to_stop = setup.writer.asked_to_stop
    changes = PaceChanges(setup.writer)
    signals.pace_changed, signals.has_wishes = changes.pending, setup.writer.has_wishes
    locks = RunLocks(setup.writer, reporter) if spec.locks and reporter.is_heard else None
    after = AfterRuns(setup.writer, spec.after, partial(setattr, setup.context, "after")) if spec.after else None
    wishes = [setup.writer.has_wishes, *([locks.answered] if locks else []), *([after.pending] if after else [])]
    if len(wishes) > 1:
        signals.has_wishes = lambda: any(wish() for wish in wishes)
    signals.attention = signals.attention or setup.writer.is_paused
    protect(signals.cut_off, reporter.cut_off, setup.writer.cut_off)
    _surroundings(setup)
    for module in spec.preload:
        load_module(module)
    listeners = {kind: tuple(map(resolve_listener, names)) for kind, names in spec.listeners.items()}
    if "task_done" in spec.tells:
        listeners["task_done"] = (*listeners.get("task_done", ()), RunReports(reporter))
    recorder = Recorder(spec.name, spec.index, setup.writer, reporter, listeners)
    recorder.tells_missed = "missed" in spec.tells
    built = build(spec.factory, spec.params, setup.context, setup.call, is_task=spec.is_task)
    leave_if_forked()
    signals.hooks = built.hooks
    if signals.stopping:
        return partial(Outcome, "stopped")
    recorder.start()
    asks = _questions(spec, built, reporter)
    told = partial(_told, setup)
    planner: Planner | None = after
    if spec.timetable is not None:
        planner = planner_of(spec.timetable, spec.min_sleep, signals, recorder)
    return loop_of(
        spec,
        built,
        signals,
        recorder,
        once=once,
        told=told,
        changes=changes,
        planner=planner,
        locks=locks,
        replan=partial(replan, setup, recorder),
        asks=asks,
    )


def _questions(spec: ChildSpec, built: Built, reporter: Reporter) -> Questions | None:
    """Report that the task is built, and what it is to be asked between its runs."""
    methods = tuple(name for name in built.methods if name in spec.asked)
    if not methods:
        reporter.send(ReadyReport())
        return None
    from udaemon.child.questions import Questions  # few tasks have such methods

    reporter.send(ReadyWith(methods))
    return Questions(built.methods, spec.asked, reporter.send, time.monotonic())


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


def loop_of(
    spec: ChildSpec | Pace,
    built: Built,
    signals: Signals,
    recorder: Recorder,
    *,
    once: bool,
    told: Callable[[Outcome], object] = lambda _outcome: None,
    changes: PaceChanges | None = None,
    planner: Planner | None = None,
    locks: RunLocks | None = None,
    replan: Callable[[Pace], Planner | None] = lambda _pace: None,
    asks: Questions | None = None,
) -> Callable[[], Outcome]:
    """The loop that suits a task that is built; `told` of the end where there is a wait after it.

    None of its runs where a listener to its start has ended it. With `changes` it may get another pace while it runs,
    a `planner` says when runs are due in place of a period, `locks` are asked for before each, and `asks` is what the
    task is asked in between.
    """
    if recorder.ended_by is not None:
        return partial(outcome_of, recorder.ended_by)
    clock = time.monotonic
    limit = limit_of(spec.memory_limit, spec.memory_threshold)
    if 0 < spec.sleep + spec.min_sleep < SHORT_PAUSE:
        make_timers_precise()
    steps = Steps(
        built.run,
        sleep=spec.sleep,
        min_sleep=spec.min_sleep,
        flags=signals,
        recorder=recorder,
        clock=clock,
        once=once,
        always_pause=built.is_async,
        planner=planner,
        limit=limit,
        changes=changes,
        locks=locks,
        replan=replan,
        asks=None if once else asks,
    )
    if built.is_async:
        from udaemon.child.async_loop import run_steps_async  # asyncio is 40 ms that a plain task need not pay

        return partial(run_steps_async, steps, signals, told)
    paced = partial(run_steps, steps, signals.wait)
    if planner or spec.sleep > 0 or spec.min_sleep > 0 or recorder.listens or once or limit or locks or asks:
        return paced
    return partial(back_to_back, built.run, flags=signals, recorder=recorder, clock=clock, paced=paced)


def own_process(setup: ProcessSetup) -> None:
    """Session, signals, output: nothing is as the forker left it, who has closed all descriptors but these."""
    try:
        os.setsid()
    except PermissionError:
        pass  # already a leader
    # Only now: a TERM that came since the fork waits until it has a handler.
    unblock_signals()
    gc.enable()
    if setup.fds.parent is not None:
        lifeline = Lifeline(setup.fds.parent, setup.shared.parent)
        lifeline.signal_at_end(signal.SIGTERM)
        setup.signals.parent_gone = lifeline.has_ended
    output = 0 if setup.fds.output is None else setup.fds.output
    errors = output if setup.fds.errors is None else setup.fds.errors
    os.dup2(output, 1)
    os.dup2(errors, 2)
    for fd in {output, errors, setup.fds.scoreboard}:  # the mapping of that has its own
        if fd:
            os.close(fd)
    if setup.shared.shares_numbers:
        seed_anew()


def _surroundings(setup: ChildSetup) -> None:
    """What the manifest says of the process: environment, limits, directory, mask."""
    spec = setup.spec
    os.umask(spec.umask)
    if not spec.env_inherit:
        _disinherit(spec)
    if setup.env:
        for name, value in setup.env.items():  # `update` is three more functions to touch
            os.environ[name] = value
        if "TZ" in setup.env:
            time.tzset()
    if spec.rlimit_nofile is not None:
        resource.setrlimit(resource.RLIMIT_NOFILE, spec.rlimit_nofile)
    if spec.identity != NOBODY_ELSE:
        _become(spec)
    try:
        os.chdir(spec.cwd)
    except OSError as error:
        raise Misconfigured(f"cwd {spec.cwd}: {oserror.named_reason(error)}") from None


def _disinherit(spec: ChildSpec) -> None:
    """Drop what the caller's environment has beyond what every program needs."""
    for name in tuple(os.environ):
        if name not in spec.env and name not in MARKS and not is_basic(name):
            del os.environ[name]


def _become(spec: ChildSpec) -> None:
    """Be who the manifest says, before any code of the user's."""
    try:
        os.environ.update(variables(become(spec.identity), spec.env))
    except IdentityRefused as refused:
        if refused.passes:
            raise
        raise Misconfigured(str(refused)) from None
