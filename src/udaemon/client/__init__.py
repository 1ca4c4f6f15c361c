"""Ask a running project from Python: what `udaemon ps`, `start`, `restart`, `apply`, `events` and the like do.

`connect` finds the supervisor, a `Project` asks it:

    project = udaemon.client.connect("udaemon.toml")
    project.restart("web*", timeout=30.0)
    unwell = [str(one) for one in project.instances() if one.health in {"failing", "unready"}]

Answers are frozen values. Moments are `datetime`s with a time zone, durations seconds, sizes bytes; None is what is not
known or not there. Every call may raise `udaemon.NotRunning`, `SupervisorGone` (it ended before it answered),
`SupervisorSilent` (it does not answer) and `udaemon.NoSuchDaemon`, all of them `udaemon.UdaemonError`s; those that wait
raise `NotDone` where an instance did not become what was asked for, and `udaemon.WaitTimedOut`.

Knows no terminal.
"""

from udaemon.client.project import NotDone, Project, Until, connect
from udaemon.client.values import Event, Exit, Instance, Memory, Outcome, Run, Runs, Supervisor
from udaemon.control.client import SupervisorGone
from udaemon.control.sockets import SupervisorSilent
from udaemon.policy.instance import State, Wanted
from udaemon.policy.reasons import Reason

__all__ = [
    "Event",
    "Exit",
    "Instance",
    "Memory",
    "NotDone",
    "Outcome",
    "Project",
    "Reason",
    "Run",
    "Runs",
    "State",
    "Supervisor",
    "SupervisorGone",
    "SupervisorSilent",
    "Until",
    "Wanted",
    "connect",
]
