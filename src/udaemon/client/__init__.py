"""Ask a running project from Python: what `udaemon ps`, `start`, `stop`, `restart`, `wait` and `events` do.

Knows no terminal. `connect` finds the supervisor, a `Project` asks it.
"""

from udaemon.client.project import NotDone, Project, Until, connect
from udaemon.client.values import Event, Exit, Instance, Memory, Outcome, Run, Runs, Supervisor
from udaemon.control.client import SupervisorGone
from udaemon.control.sockets import SupervisorSilent
from udaemon.policy.events import Reason
from udaemon.policy.instance import State, Wanted

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
