"""Reads a manifest for a supervisor that goes on meanwhile: in a process of its own, with limits and a deadline.

Knows nothing of what is done with the manifest.
"""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from udaemon.engines.base import Reactor
from udaemon.errors import UdaemonError
from udaemon.manifest.limited import Answer, beyond
from udaemon.manifest.model import Manifest

PROGRAM = "from udaemon.manifest.limited import main; main()"
"""Not `-m`: what it pickles must not be of a module named `__main__`."""

PATIENCE = 10.0
"""Seconds of waiting; the process has four of CPU."""


class Reading:
    """One manifest being read. `told` is called once, from the loop, with the manifest or with what is wrong.

    Args:
        reactor: Watches the pipe on which the answer comes.
        asked: The arguments of `manifest.read.load`.
        told: Gets the answer.
        now: Monotonic time; `expire` is to be called at `deadline`.
    """

    def __init__(
        self,
        reactor: Reactor,
        asked: Mapping[str, Any],
        told: Callable[[Manifest | UdaemonError], None],
        now: float,
    ) -> None:
        self.deadline: float | None = now + PATIENCE
        self._reactor = reactor
        self._told = told
        self._answer = bytearray()
        self._pipe, write = os.pipe()
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", PROGRAM, str(write)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=[write],
            start_new_session=True,
        )
        os.close(write)
        with suppress(BrokenPipeError):
            assert self._process.stdin is not None
            self._process.stdin.write(json.dumps(asked).encode())
            self._process.stdin.close()
        reactor.watch(self._pipe, self._on_readable)

    def expire(self, now: float) -> None:  # noqa: ARG002 - the loop's signature
        """End the process: it takes too long."""
        self._finish(beyond("time"))

    def _on_readable(self) -> None:
        piece = os.read(self._pipe, 1 << 20)
        if piece:
            self._answer += piece
            return
        try:
            answer: Answer = pickle.loads(self._answer)  # noqa: S301 - our own code wrote it, into a pipe of our own
        except (EOFError, pickle.UnpicklingError):  # killed by one of its limits
            answer = beyond("time or memory")
        self._finish(answer)

    def _finish(self, answer: Answer) -> None:
        self._reactor.forget(self._pipe)
        os.close(self._pipe)
        self.deadline = None
        self._process.kill()
        self._process.wait()
        self._told(answer.unpacked())
