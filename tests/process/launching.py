"""A command executed while a test waits: what the engine's loop does, without a loop."""

from __future__ import annotations

import os
import select

from udaemon.engines.commands import Command, ExecFailed, Launcher
from udaemon.engines.exec_child import refusal

PATIENCE = 20.0


def launch(launcher: Launcher, command: Command) -> int:
    """Execute a command. Answers its pid; to reap it is the test's part.

    Raises:
        ExecFailed: It did not begin.
    """
    pid, pidfd, report = launcher.start(command)
    os.close(pidfd)
    if report is None:
        return pid
    said = b""
    while select.select([report], [], [], PATIENCE)[0]:
        piece = os.read(report, 8192)
        said += piece
        if not piece:
            break
    else:
        raise AssertionError(f"{command.argv} was not executed in {PATIENCE} s")
    os.close(report)
    if (refused := refusal(said)) is not None:
        os.waitpid(pid, 0)
        raise ExecFailed(refused[1], refused[0])
    return pid
