"""Which step is done in the place of an instance's own process, and what is started for it.

Knows no event and no clock; what follows from the end of a step is in `stepping.py`. To the engine a step is a process
of its instance like any other: it has the instance's lock, log, environment and user, and there is never a second one.
"""

from __future__ import annotations

import os.path
from collections.abc import Mapping

import attrs

from udaemon.manifest.evolving import evolve
from udaemon.manifest.model import Daemon, Health, Php, Ready, Stop
from udaemon.manifest.steps import StepCommand
from udaemon.policy.effects import EventName, Publish
from udaemon.policy.instance import NOT_PROBED, Instance, Phase, State, Step
from udaemon.policy.timers import NO_TIMERS

SIGNAL = "TERM"
"""What asks a step to end: the daemon's own stop signal may mean anything to another program."""

NEXT_PROCESS: Mapping[str, object] = {
    "timers": NO_TIMERS,
    "killing": False,
    "leaving": False,
    "held_up": False,
    "probed": NOT_PROBED,
    "condemned": None,
}
"""Of an instance whose next process is still to come: nothing that was about the one before."""


def steps_of(daemon: Daemon, phase: Phase) -> tuple[StepCommand, ...]:
    """The steps of one phase, in their order."""
    return daemon.before_start if phase is Phase.BEFORE_START else daemon.after_stop


def enter(instance: Instance, phase: Phase, index: int = 0) -> Instance:
    """The instance with its next process a step's. Why it is what it is stays known until the last step has ended."""
    before = instance.step
    step = Step(phase=phase, index=index, message=instance.message if before is None else before.message)
    entered = evolve(
        instance,
        state=State.STARTING if phase is Phase.BEFORE_START else State.STOPPING,
        step=step,
        **NEXT_PROCESS,
    )
    return evolve(entered, message=label(entered))


def leave(instance: Instance) -> Instance:
    """The instance with its next process its own."""
    return instance if instance.step is None else evolve(instance, step=None, message=instance.step.message)


def command_of(instance: Instance) -> StepCommand:
    """The step that is done. A list that was made shorter meanwhile has no such place: its last step, or nothing."""
    assert instance.step is not None
    steps = steps_of(instance.daemon, instance.step.phase)
    return steps[min(instance.step.index, len(steps) - 1)] if steps else StepCommand(("true",))


def declared(instance: Instance) -> Daemon:
    """What the process of an instance is started by: its daemon, or the step as a command of that daemon."""
    if instance.step is None:
        return instance.daemon
    return _as_command(instance.daemon, command_of(instance).command)


def stop_command(instance: Instance) -> Daemon:
    """What asks its process to end, as a command of its daemon that knows that process."""
    daemon = instance.daemon
    told = attrs.evolve(daemon, env={**daemon.env, "UDAEMON_PID": str(instance.pid)})
    return _as_command(told, daemon.stop.command or ())


def _as_command(daemon: Daemon, command: tuple[str, ...]) -> Daemon:
    """Another command with the environment, directory, user and log of a daemon, and none of its life."""
    return attrs.evolve(
        daemon,
        factory=None,
        task=None,
        php=Php(),
        command=command,
        shell=False,
        cron=None,
        sleep=0.0,
        stdin=None,
        ready=Ready(),
        health=Health(),
        stop=Stop(signal=SIGNAL, timeout=daemon.stop.timeout),
    )


def label(instance: Instance) -> str:
    """`before-start 1 of 2 (migrate)`."""
    assert instance.step is not None
    return f"{instance.step.phase} {place(instance)}"


def place(instance: Instance) -> str:
    """`1 of 2 (migrate)`: no argument of it, as that may be a secret."""
    assert instance.step is not None
    step, count = instance.step, len(steps_of(instance.daemon, instance.step.phase))
    return f"{step.index + 1} of {max(count, step.index + 1)} ({os.path.basename(command_of(instance).command[0])})"


def told(instance: Instance, what: str) -> Publish:
    """The event about a step."""
    assert instance.step is not None
    word = EventName.BEFORE_START if instance.step.phase is Phase.BEFORE_START else EventName.AFTER_STOP
    return Publish(word, f"{place(instance)} {what}")


def have_run(instance: Instance) -> bool:
    """Whether a start that came to nothing has done a step before that, so that there is something to clean up."""
    step = instance.step
    if step is None:
        return bool(instance.daemon.before_start)
    return step.phase is Phase.BEFORE_START and (step.index > 0 or step.ended is not None)
