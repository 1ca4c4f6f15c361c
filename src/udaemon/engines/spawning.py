"""What is executed for a start: a command, or an interpreter of its own for a factory daemon ("spawn" for "fork").

Knows nothing of a process after its start; all else about it is as with one that a zygote forked.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping

from udaemon.child import other_python
from udaemon.child.environment import interpreter, surroundings
from udaemon.child.spawned import write_order
from udaemon.child.spec import ChildFds
from udaemon.engines.child_spec import spec_of
from udaemon.engines.command_spec import command
from udaemon.engines.commands import Command, ExecFailed, Started, Starts
from udaemon.engines.local_request import LocalRequest
from udaemon.engines.reports import report_sockets
from udaemon.manifest.model import Daemon
from udaemon.manifest.own_instance import for_instance
from udaemon.policy.plan import StartPlan, has_task
from udaemon.policy.reasons import Trouble
from udaemon.system import oserror

_MAIN = "from udaemon.child.spawned import main; main()"


def launch(request: LocalRequest, launcher: Starts, *, parent: int) -> tuple[Started, Command, socket.socket | None]:
    """Execute what a start takes. Returns the process, its command, and our end of the socket for its reports.

    Args:
        request: What to start; its descriptors stay the caller's.
        launcher: Executes it.
        parent: The read end of a pipe that ends with this process.

    Raises:
        ExecFailed: There is no process.
        OSError: There are no descriptors or there is no memory left.
    """
    try:
        ours, theirs = report_sockets(request.daemon)
    except OSError as error:
        raise ExecFailed(f"socket: {oserror.reason(error)}", Trouble.RESOURCE) from error
    try:
        report = None if theirs is None else theirs.fileno()
        what, order = to_execute(request, report=report, parent=parent)
        try:
            return launcher.start(what), what, ours
        finally:
            if order is not None:
                os.close(order)
    except BaseException:
        if ours is not None:
            ours.close()
        raise
    finally:
        if theirs is not None:
            theirs.close()


def to_execute(request: LocalRequest, *, report: int | None, parent: int) -> tuple[Command, int | None]:
    """What to execute, and a descriptor to close once it was.

    Args:
        request: What to start.
        report: The daemon's end of the socket for its reports, which every task has.
        parent: The read end of a pipe that ends with this process.

    Raises:
        ExecFailed: It cannot be executed as it is declared.
        OSError: There are no descriptors or there is no memory left.
    """
    if has_task(request.daemon):
        assert report is not None
        return _task_command(request, report, parent)
    what = command(
        request.plan,
        request.daemon,
        request.key.index,
        output=request.output,
        errors=request.errors,
        keep=(request.lock,),
        cgroup=request.cgroup,
        report=report,
    )
    return what, None


def _python(daemon: Daemon, plan: StartPlan, env: Mapping[str, str]) -> tuple[str, ...]:
    """The command line of its interpreter, up to what `child.spawned` reads."""
    if daemon.python is None:
        return (*interpreter(env), "-P", "-c", _MAIN)
    python = other_python.resolved(daemon.python, plan.directory)
    return (*interpreter(env, python), "-c", other_python.program(daemon.python, _MAIN))


def _task_command(request: LocalRequest, report: int, parent: int) -> tuple[Command, int]:
    """The interpreter of a task, and the descriptor from which it reads what it is to do."""
    daemon, plan = for_instance(request.daemon, request.key.index), request.plan
    cwd = daemon.cwd or plan.directory
    env = surroundings(daemon.env, cwd, inherit=daemon.env_inherit)
    fds = ChildFds(request.output, request.lock, report, parent, request.board, request.errors)
    order = write_order(spec_of(plan, daemon, request.key.index, slot=request.slot, cgroup=request.cgroup), fds)
    interpreted = Command(
        argv=(*_python(daemon, plan, env), str(order)),
        env=env,
        cwd=cwd,
        output=request.output,
        errors=request.errors,
        keep=(order, *request.pipes, request.lock, report, parent, request.board),
    )
    return interpreted, order
