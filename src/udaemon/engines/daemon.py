"""What a factory daemon's process does with its life, as the target of a process of the start method "zygote".

Knows nothing of zygotes. Loaded in them before anything of the user's, so that a child has nothing to import.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

from udaemon.child.bootstrap import BatchSetup, ProcessSetup
from udaemon.child.process import child_main
from udaemon.child.spec import ChildFds, ChildSpec
from udaemon.child.stack import Life
from udaemon.engines.zygote.pickling import Descriptor


class DaemonMain(NamedTuple):
    """A daemon to be, and the descriptors that are its own; the parent's pipe and the scoreboard all have in common.

    It is prepared and not called: what the standard library does around a target touches three times as many pages.
    """

    spec: ChildSpec
    output: Descriptor
    lock: Descriptor
    events: Descriptor

    def prepare_before_fork(self, common: Sequence[int], shared: dict[Any, Any]) -> Life:
        """Make ready what the child need not."""
        fds = ChildFds(self.output.fd, self.lock.fd, self.events.fd, *common)
        if BatchSetup not in shared:
            shared[BatchSetup] = BatchSetup(self.spec, fds)
        return partial(child_main, ProcessSetup(self.spec, fds, shared[BatchSetup]))
