"""Reads a manifest in a process that may use little time and memory, and answers on a pipe.

Knows nothing of who asks. `main` is a program of its own: a supervisor reads through it, so that no file, whatever is
in it, reaches the process that keeps the daemons alive.
"""

from __future__ import annotations

import json
import os
import pickle
import resource
import sys
from collections.abc import Mapping
from typing import NamedTuple

from udaemon.errors import ExitCode, Problem, UdaemonError
from udaemon.manifest.model import Manifest
from udaemon.manifest.problems import BadManifest
from udaemon.manifest.read import examine

SECONDS = 4
MEMORY = 512 * 1024**2
"""Of address space, of which Python itself maps some 150 MB without using them."""


class Answer(NamedTuple):
    """What came of reading; an exception would lose its parts on the way."""

    manifest: Manifest | None = None
    problems: tuple[Problem, ...] = ()
    sources: Mapping[str, str] = {}
    error: tuple[str, str | None, ExitCode] | None = None

    def unpacked(self) -> Manifest | UdaemonError:
        """The manifest, or the error that `load` would have raised."""
        if self.error is not None:
            return UdaemonError(*self.error)
        return self.manifest or BadManifest(self.problems, self.sources)


def main() -> None:
    """Answer what stdin asks, with the pickled manifest or the pickled error."""
    fd = int(sys.argv[1])
    os.set_inheritable(fd, False)
    asked = json.load(sys.stdin)
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    try:
        examined = examine(**asked)
        answer = Answer(examined.manifest, examined.problems, examined.sources)
    except UdaemonError as error:
        answer = Answer(error=(error.message, error.hint, error.exit_code))
    except MemoryError:
        answer = beyond("memory")
    with os.fdopen(fd, "wb") as pipe:
        pickle.dump(answer, pipe)


def beyond(what: str) -> Answer:
    """The answer for a manifest that takes more than it may."""
    message = f"reading it takes more {what} than a manifest may"
    return Answer(problems=(Problem("too-big", message, "is it the right file?"),))
