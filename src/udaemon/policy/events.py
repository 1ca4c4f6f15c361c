"""Everything that can happen to an instance, as values.

Knows no clock and no process: the supervisor's loop makes these out of what the kernel and the operator said.
"""

from __future__ import annotations

from udaemon.frozen import frozen
from udaemon.manifest.model import Daemon
from udaemon.policy.followed import Followed
from udaemon.policy.plan import StartPlan
from udaemon.policy.questions import Question, Teller
from udaemon.policy.reasons import Reason, Trouble


@frozen
class StartAsked:
    """The operator wants it up. `alone`: whatever it needs."""

    alone: bool = False


@frozen
class StopAsked:
    """The operator wants it down. `hurry`: kill now. `timeout`: seconds, in place of the manifest's.

    `after_run`: a task may end its run, however long that takes; there is no time for it to be over.
    """

    hurry: bool = False
    timeout: float | None = None
    after_run: bool = False


@frozen
class StopAhead:
    """The operator wants it down, once those that need it are: a `StopAsked` follows."""


@frozen
class RestartAsked:
    """The operator wants it up in a new process. `after_run` as for a stop."""

    after_run: bool = False


@frozen
class PauseAsked:
    """The operator wants no run to begin until he says otherwise."""


@frozen
class ResumeAsked:
    """The operator wants runs to begin again."""


@frozen
class KickAsked:
    """The operator wants a run now, whatever its schedule says."""


@frozen
class RunDue:
    """A run is due: of a scheduled command, or of what has one after each of another; `after` is that run."""

    after: Followed | None = None


@frozen
class RunEnded:
    """A run of it has ended. It changes nothing for itself; others may have one after it."""

    run: int
    ok: bool


@frozen
class RunAsked:
    """Its task wants its locks for this run; 0: it wants none any more, and lets go of those that it had.

    `has`: it has them, or has not, whatever was known of it; None where that is known.
    """

    run: int
    has: bool | None = None


@frozen
class Spawned:
    """A process exists. For a command this means that exec succeeded, but where it is `held_up`: that says by what."""

    pid: int
    held_up: str | None = None


@frozen
class Executed:
    """The program of a process that was held up runs now."""


@frozen
class SpawnFailed:
    """No process came to be, or the one that was held up has ended without its program."""

    trouble: Trouble
    message: str


@frozen
class Ready:
    """A factory daemon built its task and told its start listeners; the task has methods that answer `methods`."""

    methods: tuple[Question, ...] = ()


@frozen
class Leaving:
    """A factory daemon has said that it ends; what it left running may still keep it."""


@frozen
class Exited:
    """The instance's own process has ended and was reaped.

    Exactly one of `code` and `signal` is set. `reason` and `message` are what the child itself reported, if anything.
    `survivors` are processes of its tree that still live.
    """

    code: int | None = None
    signal: int | None = None
    core: bool = False
    reason: Reason | None = None
    message: str | None = None
    survivors: tuple[int, ...] = ()


@frozen
class TreeGone:
    """The last survivor of an exited instance is gone."""


@frozen
class GoodRun:
    """Its process has had its first good run."""


@frozen
class Verdict:
    """Enough answers of the process `pid` were good, or bad: `reason` is the last one, in words."""

    question: Question
    pid: int
    ok: bool
    reason: str


@frozen
class Notified:
    """Its process has said of itself, by sd_notify, that it is ready, that it is well, what it does."""

    ready: bool
    watchdog: bool
    status: str | None


@frozen
class Said:
    """Its process has said by `teller` that it is, or is not, what it could be asked; `reason` in words."""

    teller: Teller
    question: Question
    ok: bool
    reason: str


@frozen
class NeedsChanged:
    """What it needs may hold by now, or can hold no more: `Instance.missing` says it."""


@frozen
class Renewed:
    """A daemon that it is to be restarted with has a new process, and its condition holds again."""

    name: str


@frozen
class Changed:
    """It is declared otherwise from now on. `at_once`: do not wait for the end of a run where a new process is needed.

    What takes effect when is each key's own (`manifest/keys.py`, Applies).
    """

    daemon: Daemon
    plan: StartPlan
    at_once: bool = False


@frozen
class StopCommandFailed:
    """The command that was to ask its process to end could not be run, or has failed: `message` says how."""

    message: str


@frozen
class RunSeen:
    """What a look at the runs of the process `pid` has shown, which may not be the one that lives.

    `number` is the run that is under way, or comes next. `began` is None where none is under way, and `due`, which is
    of the next one, where that is not known.
    """

    pid: int
    number: int
    began: float | None
    due: float | None


@frozen
class DeadlineReached:
    """The first of the instance's timers is due. `run` is there where that is about a run."""

    run: RunSeen | None = None


Event = (
    StartAsked
    | StopAsked
    | StopAhead
    | RestartAsked
    | PauseAsked
    | ResumeAsked
    | KickAsked
    | RunDue
    | RunEnded
    | RunAsked
    | Spawned
    | Executed
    | SpawnFailed
    | Ready
    | Leaving
    | Exited
    | TreeGone
    | GoodRun
    | Verdict
    | Notified
    | Said
    | NeedsChanged
    | Renewed
    | Changed
    | StopCommandFailed
    | DeadlineReached
)
