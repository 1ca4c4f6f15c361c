"""The process object of the start method "zygote".

Knows nothing of zygotes: its parent is given to it, and stays behind when it is pickled.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import partial
from multiprocessing import process, util
from typing import TYPE_CHECKING, Any

from udaemon.child.dispositions import unblock_signals
from udaemon.child.stack import Life
from udaemon.child.title import Title, show, title_of
from udaemon.engines.zygote.pickling import Descriptor

if TYPE_CHECKING:
    from udaemon.engines.zygote.popen import Popen
    from udaemon.engines.zygote.protocol import Parent

WAIT = "wait"
"""In what children have in common: waits until the parent is the one that stays, and is called once by each."""

_process: Any = process
_util: Any = util


class ZygoteProcess(process.BaseProcess):
    """A `multiprocessing.Process` that a zygote forks.

    A target may have a method `prepare_before_fork(common, shared)`. It is called in place of the target, in the
    process that forks the child, and returns what the child calls with no frame below it and nothing of multiprocessing
    round it: the child is a program of its own, whose exit code that returns. `common` are the descriptors that all
    children of the zygote have, the first of them the sentinel of the parent; `shared` is a dict that all that are
    forked together have in common. The child begins once its parent is the one that stays. Where `begins_early` of the
    target is true it begins at once; then the method is given a third argument, `settle`, which the child calls before
    anything that may note a parent.
    """

    _start_method = None  # the code in it gets the platform's own default

    def __init__(self, parent: Parent, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._parent: Parent | None = parent
        self._tracker: Descriptor | None = None
        self._popen: Popen | None

    def prepare(self, common: Sequence[int], shared: dict[Any, Any]) -> Life:
        """What the child does. Called in the process that forks it; what is made there, the child need not make."""
        prepare = getattr(self._target, "prepare_before_fork", None)  # type: ignore[attr-defined]
        if prepare is None:
            return partial(self._run, common[0], shared.get(WAIT))
        _process._parent_process = _process._ParentProcess(self._parent_name, self._parent_pid, common[0])  # type: ignore[attr-defined]
        shared.setdefault("former", process.current_process())  # a child that frees it writes to a dozen pages
        main, title = program_process(self.name), title_of(self.name)
        forkers = _util._run_after_forkers if _util._afterfork_registry else None
        wait = shared.get(WAIT)
        if getattr(self._target, "begins_early", False):  # type: ignore[attr-defined]
            settle = partial(_settle, wait, forkers) if wait and forkers else wait or forkers
            return partial(become_program, main, title, prepare(common, shared, settle))
        return partial(become_program, main, title, prepare(common, shared), forkers, wait)

    def _run(self, parent_sentinel: int, wait: Callable[[], object] | None) -> Life:
        if wait is not None:
            wait()
        unblock_signals()
        if self._tracker is not None:
            from multiprocessing import resource_tracker

            resource_tracker._resource_tracker._fd = self._tracker.fd  # type: ignore[attr-defined]
        return partial(self._bootstrap, parent_sentinel=parent_sentinel)  # type: ignore[attr-defined]

    def start_watched(self) -> Popen:
        """Start it for a parent that watches it, by the pidfd that the `Popen` returned has once it was born.

        It is none of the `active_children`, all of which are polled whenever one is started.
        """
        self.start()
        _process._children.discard(self)
        assert self._popen is not None
        return self._popen

    @staticmethod
    def _Popen(process: ZygoteProcess) -> Popen:  # noqa: N802 - multiprocessing calls it so
        from udaemon.engines.zygote.popen import Popen

        assert process._parent is not None
        return Popen(process, process._parent)

    def __getstate__(self) -> dict[str, Any]:
        """Leave the parent behind, and take its resource tracker along: another one would unlink what is ours."""
        tracker = sys.modules.get("multiprocessing.resource_tracker")
        fd = None if tracker is None or hasattr(self._target, "prepare_before_fork") else tracker._resource_tracker._fd  # type: ignore[attr-defined]
        return self.__dict__ | {"_parent": None, "_popen": None, "_tracker": None if fd is None else Descriptor(fd)}


def program_process(name: str) -> process.BaseProcess:
    """The main process of a program as ours is: with its own key, and `Process-1` comes next."""
    main = type(process.current_process())()
    main.name = name
    return main


def _settle(wait: Callable[[], object], forkers: Callable[[], object]) -> None:
    wait()
    forkers()


def become_program(
    main: process.BaseProcess,
    title: Title,
    life: Life,
    after_fork: Callable[[], object] | None = None,
    wait: Callable[[], object] | None = None,
) -> Life:
    """Be a program's main process; what cares for itself after a fork is told as in any child of multiprocessing.

    Called after `wait`, if there is one.
    """
    if wait is not None:
        wait()
    _process._current_process = main
    if after_fork is not None:
        after_fork()
    show(title)
    return life
