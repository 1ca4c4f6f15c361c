"""Starts a daemon in an interpreter of its own: `start-method = "spawn"`.

Knows nothing of who started it. What it is to be lies in a memory file, whose descriptor it inherits.
"""

from __future__ import annotations

import os
import pickle
import sys
from typing import NoReturn

from udaemon.child.bootstrap import BatchSetup, ProcessSetup
from udaemon.child.process import child_main
from udaemon.child.spec import ChildFds, ChildSpec
from udaemon.child.title import set_title


def write_order(spec: ChildSpec, fds: ChildFds) -> int:
    """Write a daemon's specification into a memory file. Returns its descriptor, close-on-exec.

    Raises:
        OSError: There are no descriptors or there is no memory left.
    """
    memory = os.memfd_create("order", os.MFD_CLOEXEC)
    try:
        with open(memory, "wb", closefd=False) as file:
            pickle.dump((spec, fds), file, pickle.HIGHEST_PROTOCOL)
        os.lseek(memory, 0, os.SEEK_SET)
    except BaseException:
        os.close(memory)
        raise
    return memory


def main() -> NoReturn:
    """Run the daemon whose specification is in the memory file named in argv."""
    with open(int(sys.argv[1]), "rb") as file:
        spec, fds = pickle.load(file)  # noqa: S301 - from the supervisor, through an inherited descriptor
    sys.argv[1:] = []
    for fd in fds:
        if fd is not None:
            os.set_inheritable(fd, False)
    set_title(f"{spec.name}/{spec.index}")
    os._exit(child_main(ProcessSetup(spec, fds, BatchSetup(fds).take_over(spec))))  # no frame more than is needed
