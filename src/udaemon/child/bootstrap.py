"""State prepared in the forking process, shared by a batch of children: what a child needs before its task is built.

Knows nothing of forks and of what the child does next. The first to touch a page after a fork copies it, and Python
writes to what it only reads: prepared here, once, it costs each child a tenth. No user code runs here.
"""

from __future__ import annotations

import os
import sys
from typing import Self

from udaemon.child.build import Call, known_call
from udaemon.child.dispositions import clean_signals
from udaemon.child.fresh import has_numbers, watch_for_crashes
from udaemon.child.report import Reporter
from udaemon.child.scoreboard import SlotWriter, map_all
from udaemon.child.signals import Signals
from udaemon.child.spec import ChildFds, ChildSpec
from udaemon.child.streams import take_standard_streams
from udaemon.child.task import TaskContext
from udaemon.system.descriptors import point_at_null
from udaemon.system.file_identity import identity


class ChildSetup:
    """The state that a daemon's process starts from.

    Attributes:
        env: Variables that are still to be set.
        reported: Whether its exit was reported.
        call: Makes the task, where that is known before anything of the user's has run.
    """

    def __init__(self, spec: ChildSpec, signals: Signals, reporter: Reporter, writer: SlotWriter) -> None:
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
        wanted = {**spec.env, **_variables(spec)}
        self.env = {name: value for name, value in wanted.items() if os.environ.get(name) != value}
        if spec.directory not in sys.path:
            sys.path.insert(0, spec.directory)
        self.call: Call | None = known_call(spec.factory, spec.params, self.context, is_task=spec.is_task)


class BatchSetup:
    """What daemons that are forked together have in common: signal handlers, standard streams, the scoreboard's map.

    Args:
        fds: Those of one of them: all have the scoreboard and the parent's pipe in common.
    """

    def __init__(self, fds: ChildFds) -> None:
        self.board = None if fds.scoreboard is None else map_all(fds.scoreboard)
        self.parent = (-1, -1) if fds.parent is None else identity(fds.parent)
        self.shares_numbers = has_numbers()
        self.signals = Signals()

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
        """Put the marks of the first into the environment, which are most of the others', too."""
        os.environ.update(_variables(first))


class ProcessSetup(ChildSetup):
    """The same for one child process, with its own descriptors."""

    def __init__(self, spec: ChildSpec, fds: ChildFds, shared: BatchSetup) -> None:
        self.fds = fds
        self.shared = shared
        writer = SlotWriter.anonymous() if shared.board is None else SlotWriter.of(shared.board, spec.slot)
        super().__init__(spec, shared.signals, Reporter(fds.events), writer.taken_over())


def _variables(spec: ChildSpec) -> dict[str, str]:
    """The variables that name a daemon to itself."""
    return {
        "UDAEMON_PROJECT": spec.project,
        "UDAEMON_NAME": spec.name,
        "UDAEMON_INSTANCE": str(spec.index),
        "UDAEMON_INSTANCES": str(spec.instances),
        "UDAEMON_CONTEXT": spec.context,
    }
