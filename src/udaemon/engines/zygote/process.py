"""The process object of the start method "zygote".

Knows nothing of zygotes: who launches it is given to it, and stays behind when it is pickled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from multiprocessing.process import BaseProcess
from typing import TYPE_CHECKING, Any

from udaemon.child.signals import unblock_signals
from udaemon.child.stack import Life

if TYPE_CHECKING:
    from udaemon.engines.zygote.popen import Launch, Popen


class ZygoteProcess(BaseProcess):
    """A `multiprocessing.Process` that a zygote forks."""

    _start_method = None  # the code in it gets the platform's own default

    def __init__(
        self,
        launch: Launch,
        *,
        target: Callable[..., object] | None = None,
        name: str | None = None,
        args: Iterable[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        daemon: bool | None = None,
    ) -> None:
        super().__init__(None, target, name, args, kwargs or {}, daemon=daemon)
        self._launch: Launch | None = launch
        self._popen: Popen | None

    def prepare(self, batch: dict[Any, Any], parent_sentinel: int) -> None:
        """Make ready what the child need not. Called in the process that forks it, before it forks any.

        Args:
            batch: For what those that are forked together share.
            parent_sentinel: What the child's parent process has as a sentinel.
        """

    def life(self, parent_sentinel: int) -> Life:
        """What the child does. Called there, with the frames that it was forked in left behind."""
        unblock_signals()
        return partial(self._bootstrap, parent_sentinel=parent_sentinel)  # type: ignore[attr-defined]

    @property
    def sentinel(self) -> int:
        """A pidfd, readable once the process has ended; -1 before its birth."""
        return -1 if self._popen is None else self._popen.sentinel

    @property
    def popen(self) -> Popen | None:
        """Its other side, once it was started."""
        return self._popen

    @staticmethod
    def _Popen(process: ZygoteProcess) -> Popen:  # noqa: N802 - multiprocessing calls it so
        from udaemon.engines.zygote.popen import Popen

        assert process._launch is not None
        return Popen(process, process._launch)

    def __getstate__(self) -> dict[str, Any]:
        """Leave the launcher behind."""
        return self.__dict__ | {"_launch": None, "_popen": None}
