"""What a factory daemon's process does with its life, as the target of a process of the start method "zygote".

Knows nothing of zygotes. They import it before any module of the user's, so that a child has nothing to import.
"""

# ruff: noqa: SLF001 - a warm-up leaves no trace in multiprocessing
from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial
from multiprocessing import process
from multiprocessing.process import BaseProcess
from typing import Any, NamedTuple

from udaemon.child import warm_up as rounds
from udaemon.child.bootstrap import BatchSetup, ProcessSetup
from udaemon.child.process import child_main
from udaemon.child.spec import ChildFds, ChildSpec
from udaemon.child.stack import Life
from udaemon.child.title import title_of
from udaemon.engines.zygote.fork_batch import run_child
from udaemon.engines.zygote.gathering import lay_together
from udaemon.engines.zygote.intermediate import wait_for_parent
from udaemon.engines.zygote.pickling import Descriptor
from udaemon.engines.zygote.process import become_program, program_process

_AGAIN = 2
_is_warm = False


def warm_up(*, again: bool = False) -> None:
    """Do what a daemon does first, in the process that will fork daemons; see `child.warm_up`.

    Args:
        again: Also where it was done before: what was imported since has taken its place in Python's caches.
    """
    global _is_warm  # noqa: PLW0603 - it is a fact about this process
    if _is_warm and not again:
        return
    module: Any = process
    former = module._current_process
    main = program_process("zygote")
    try:
        if not _is_warm:
            lay_together(partial(rounds.warm_up, partial(_become, main), 1))
        rounds.warm_up(partial(_become, main), _AGAIN if _is_warm else rounds.ROUNDS)
    finally:
        module._current_process = former
    _is_warm = True


def _become(main: BaseProcess) -> None:
    """What a forked process does up to its being a daemon, of which nothing is left."""
    null = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
    run_child(partial(become_program, main, title_of(main.name), int), [(null, null + 1)])()
    wait_for_parent(os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC))


def prepare_batch(common: Sequence[int], shared: dict[Any, Any]) -> None:
    """Prepare what daemons that are forked together have in common, before it is known who they are."""
    shared[BatchSetup] = BatchSetup(ChildFds(None, None, None, *common)).prepare()


class DaemonMain(NamedTuple):
    """A daemon to be, and the descriptors that are its own; the parent's pipe and the scoreboard all have in common.

    It is prepared and not called: what the standard library does around a target touches three times as many pages.
    """

    spec: ChildSpec
    output: Descriptor
    lock: Descriptor
    events: Descriptor
    errors: Descriptor | None = None

    @property
    def begins_early(self) -> bool:
        """While its batch is still being forked: who forks keeps only one core at work."""
        return True

    def prepare_before_fork(
        self, common: Sequence[int], shared: dict[Any, Any], settle: Callable[[], object] | None = None
    ) -> Life:
        """Prepare, before the fork, what the child would have to."""
        fds = ChildFds(self.output.fd, self.lock.fd, self.events.fd, *common)
        if self.errors is not None:
            fds = fds._replace(errors=self.errors.fd)
        if BatchSetup not in shared:
            prepare_batch(common, shared)
        if DaemonMain not in shared:
            shared[DaemonMain] = shared[BatchSetup].mark(self.spec)
        return partial(child_main, ProcessSetup(self.spec, fds, shared[BatchSetup], settle))
