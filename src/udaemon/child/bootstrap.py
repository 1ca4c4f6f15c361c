"""State prepared in the forking process, shared by a batch of children: what a child needs before its task is built.

Knows nothing of forks and of what the child does next. The first to touch a page after a fork copies it, and Python
writes to what it only reads: prepared here, once, it costs each child a tenth. No user code runs here.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Self

from udaemon.child.after_run import AfterRuns
from udaemon.child.build import Call, known_call, load_module, resolve_listener
from udaemon.child.dispositions import clean_signals
from udaemon.child.fresh import has_numbers, watch_for_crashes
from udaemon.child.lifeline import Lifeline
from udaemon.child.loop import Steps
from udaemon.child.memory import limit_of
from udaemon.child.pace import PaceChanges
from udaemon.child.recorder import Recorder
from udaemon.child.replanning import replan
from udaemon.child.report import Reporter
from udaemon.child.run_locks import RunLocks
from udaemon.child.run_reports import RunReports
from udaemon.child.scoreboard import SlotWriter, map_all
from udaemon.child.signals import Signals
from udaemon.child.spec import ChildFds, ChildSpec, Pace
from udaemon.child.streams import take_standard_streams
from udaemon.child.surroundings import Surroundings, changes, take_on
from udaemon.child.task import TaskContext
from udaemon.system.descriptors import point_at_null
from udaemon.system.file_identity import identity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from udaemon.child.period import Planner


class ChildSetup:
    """The state that a daemon's process starts from, and all of its loop that needs no code of the user's.

    Attributes:
        told: Whether its exit was reported.
        call: Makes the task, where that is known before anything of the user's has run.
        looks: What `Signals` looks at: whether to stop, whether the pace has changed, whether there are wishes.
        cuts: What a process that the task forks calls first.
        first: What this process calls first: last of what is ours, `settle`: wait for the parent that stays.
        task: What is to be built: its name, its parameters, and whether that is the task itself.
    """

    def __init__(
        self,
        spec: ChildSpec,
        signals: Signals,
        reporter: Reporter,
        writer: SlotWriter,
        before: Surroundings | None = None,
        *,
        settle: Callable[[], object] | None = None,
    ) -> None:
        self.spec = spec
        self.signals = signals
        self.reporter = reporter
        self.writer = writer
        self.told = False
        self.context = TaskContext(
            spec.name,
            instance=spec.index,
            instances=spec.instances,
            params=spec.params,
            context=spec.context,
            stopping=signals.look,
            run_id=lambda: writer.count + 1,
        )
        if spec.directory not in sys.path:
            sys.path.insert(0, spec.directory)
        self.task = spec.factory, spec.params, spec.is_task
        self.call: Call | None = known_call(spec.factory, spec.params, self.context, is_task=spec.is_task)
        self.recorder = Recorder(spec.name, spec.index, writer, reporter, {})
        self.recorder.tells_missed = "missed" in spec.tells
        self.cuts = signals.cut_off, reporter.cut_off, writer.cut_off
        self.timetable = spec.timetable
        self._make_loop(spec)
        self.first: tuple[Callable[[], object], ...] = (
            *changes(spec, _variables(spec), before or Surroundings(os.environ)),
            *([settle] if settle else []),
            *(partial(load_module, name) for name in spec.preload),
        )
        if spec.listeners or "task_done" in spec.tells:
            self.first += (partial(self._listen, spec),)

    def _make_loop(self, spec: ChildSpec) -> None:
        writer, reporter = self.writer, self.reporter
        pace = PaceChanges(writer)
        locks = RunLocks(writer, reporter) if spec.locks and reporter.is_heard else None
        after = AfterRuns(writer, spec.after, partial(setattr, self.context, "after")) if spec.after else None
        has_wishes: Callable[[], bool] = writer.has_wishes
        if locks or after:
            wishes = [has_wishes, *([locks.answered] if locks else []), *([after.pending] if after else [])]
            has_wishes = lambda: any(wish() for wish in wishes)  # noqa: E731
        self.looks = writer.asked_to_stop, pace.pending, has_wishes
        self.steps = steps_of(
            spec,
            self.signals,
            self.recorder,
            changes=pace,
            planner=after,
            locks=locks,
            replan=partial(replan, self, self.recorder),
        )

    def _listen(self, spec: ChildSpec) -> None:
        listeners = {kind: tuple(map(resolve_listener, names)) for kind, names in spec.listeners.items()}
        if "task_done" in spec.tells:
            listeners["task_done"] = (*listeners.get("task_done", ()), RunReports(self.reporter))
        self.recorder.listeners = listeners


class BatchSetup:
    """What daemons that are forked together have in common: signal handlers, standard streams, the scoreboard's map.

    Args:
        fds: Those of one of them: all have the scoreboard and the parent's pipe in common.
    """

    def __init__(self, fds: ChildFds) -> None:
        self.board = None if fds.scoreboard is None else map_all(fds.scoreboard)
        self.lifeline = None if fds.parent is None else Lifeline(fds.parent, identity(fds.parent))
        self.surroundings = Surroundings(os.environ)
        self.shares_numbers = has_numbers()
        self.signals = Signals()
        if self.lifeline is not None:
            self.signals.parent_gone = self.lifeline.has_ended

    def take_over(self, first: ChildSpec) -> Self:
        """Make this process theirs."""
        self.prepare()
        self.mark(first)
        return self

    def prepare(self) -> Self:
        """What of that can be done before it is known who they are."""
        clean_signals()
        self.signals.install()
        point_at_null(0)
        take_standard_streams()
        watch_for_crashes()
        return self

    def mark(self, first: ChildSpec) -> None:
        """Give this process the marks and the mask of the first, which are most of the others', too."""
        self.surroundings = take_on(first, _variables(first))


class ProcessSetup(ChildSetup):
    """The same for one child process, with its own descriptors.

    Attributes:
        output: Becomes its stdout.
        errors: Becomes its stderr.
        spent: Descriptors that it closes then; the mapping of the scoreboard has its own.
    """

    def __init__(
        self, spec: ChildSpec, fds: ChildFds, shared: BatchSetup, settle: Callable[[], object] | None = None
    ) -> None:
        self.output = 0 if fds.output is None else fds.output
        self.errors = self.output if fds.errors is None else fds.errors
        self.spent = tuple(fd for fd in {self.output, self.errors, fds.scoreboard} if fd)
        self.shared = shared
        writer = SlotWriter.anonymous() if shared.board is None else SlotWriter.of(shared.board, spec.slot)
        super().__init__(
            spec, shared.signals, Reporter(fds.events), writer.taken_over(), shared.surroundings, settle=settle
        )


def steps_of(
    pace: Pace | ChildSpec,
    signals: Signals,
    recorder: Recorder,
    *,
    changes: PaceChanges | None = None,
    planner: Planner | None = None,
    locks: RunLocks | None = None,
    replan: Callable[[Pace], Planner | None] = lambda _pace: None,
) -> Steps:
    """The steps of a task that is not built yet: whatever they need of it they are told by `serve`."""
    return Steps(
        int,
        sleep=pace.sleep,
        min_sleep=pace.min_sleep,
        flags=signals,
        recorder=recorder,
        clock=time.monotonic,
        planner=planner,
        limit=limit_of(pace.memory_limit, pace.memory_threshold),
        changes=changes,
        locks=locks,
        replan=replan,
    )


def _variables(spec: ChildSpec) -> dict[str, str]:
    """The variables that name a daemon to itself."""
    return {
        "UDAEMON_PROJECT": spec.project,
        "UDAEMON_NAME": spec.name,
        "UDAEMON_INSTANCE": str(spec.index),
        "UDAEMON_INSTANCES": str(spec.instances),
        "UDAEMON_CONTEXT": spec.context,
    }
