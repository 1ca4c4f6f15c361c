"""SIGHUP to the supervisor: what `udaemon apply` does, for those who can only send a signal.

Knows no signal. Nobody waits for an answer here, so what comes of it is published.
"""

from __future__ import annotations

from udaemon.errors import ManifestError, Problem, UdaemonError
from udaemon.manifest.model import Manifest
from udaemon.supervisor.supervisor import Supervisor


def reload(supervisor: Supervisor) -> None:
    """Have the manifest read, and put into effect what it says now; one that cannot be used changes nothing."""

    def on_read(read: Manifest | UdaemonError) -> None:
        try:
            if isinstance(read, UdaemonError):
                raise read
            if not supervisor.change(read):
                supervisor.publish(None, "applied", "nothing differs")
        except UdaemonError as error:
            reason = f"{error.message}{_first(error.problems) if isinstance(error, ManifestError) else ''}"
            supervisor.publish(None, "refused", f"the manifest is not applied, nothing has changed: {reason}")

    supervisor.read_manifest(on_read)


def _first(problems: tuple[Problem, ...]) -> str:
    """The place and the message of the first problem."""
    problem = problems[0]
    place = ":".join(str(part) for part in (problem.file, problem.line, problem.column) if part is not None)
    return f"; {place}: {problem.message}" if place else f"; {problem.message}"
