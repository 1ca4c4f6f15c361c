"""Which step is done in the place of an instance's own process, what is started for it, and what it is called."""

from __future__ import annotations

import pytest
from attrs import evolve
from tests.fakes.life import Life, command, factory

from udaemon.manifest.evolving import evolve as changed
from udaemon.manifest.model import Daemon, Stop
from udaemon.manifest.steps import StepCommand
from udaemon.policy.effects import EventName
from udaemon.policy.events import RunDue, StartAsked
from udaemon.policy.instance import Exit, Instance, Phase, State
from udaemon.policy.instance import declared as declared_instance
from udaemon.policy.reasons import Reason
from udaemon.policy.steps import command_of, declared, enter, have_run, label, leave, stop_command, told

MIGRATE, WARM_UP = StepCommand(("bin/migrate", "--password", "s3cret"), 5.0), StepCommand(("warm-up",))
TIDY = StepCommand(("rm", "-f", "run/sock"))


def stepped(**keys: object) -> Daemon:
    return command(**{"before_start": (MIGRATE, WARM_UP), "after_stop": (TIDY,), **keys})


def instance(**keys: object) -> Instance:
    return declared_instance(stepped(**keys), 0)


def test_a_step_is_a_command_of_its_daemon_without_what_is_the_daemons_own() -> None:
    life = Life(stepped(env={"A": "b"}, cwd="/srv", cron="@daily", stop=Stop(signal="INT", kill_tree=False)))
    daemon = declared(life.happens(StartAsked(), RunDue()).instance)
    assert (daemon.kind, daemon.env, daemon.cwd, daemon.is_scheduled) == ("command", {"A": "b"}, "/srv", False)
    assert (daemon.stop.signal, daemon.stop.kill_tree) == ("TERM", True)
    of_a_task = Life(factory(before_start=(MIGRATE,))).happens(StartAsked())
    assert declared(of_a_task.instance).kind == "command"


@pytest.mark.parametrize(
    ("phase", "index", "state", "name"),
    [
        (Phase.BEFORE_START, 0, State.STARTING, "before-start 1 of 2 (migrate)"),
        (Phase.BEFORE_START, 1, State.STARTING, "before-start 2 of 2 (warm-up)"),
        (Phase.AFTER_STOP, 0, State.STOPPING, "after-stop 1 of 1 (rm)"),
    ],
)
def test_a_step_is_entered_with_its_name_and_without_an_argument(
    phase: Phase, index: int, state: State, name: str
) -> None:
    entered = enter(instance(), phase, index)
    assert (entered.state, entered.message, label(entered)) == (state, name, name)


def test_nothing_of_the_process_before_is_known_of_the_next_one() -> None:
    before = Life.running(stepped(before_start=())).instance
    entered = enter(changed(before, killing=True, leaving=True, held_up=True), Phase.AFTER_STOP)
    assert (entered.killing, entered.leaving, entered.held_up, entered.deadline) == (False, False, False, None)


def test_what_it_was_is_told_again_when_the_steps_are_left() -> None:
    failed = changed(instance(), message="exit code 3")
    last = enter(enter(failed, Phase.BEFORE_START), Phase.BEFORE_START, 1)
    assert (last.message, leave(last).message, leave(last).step) == (
        "before-start 2 of 2 (warm-up)", "exit code 3", None,
    )  # fmt: skip
    assert leave(failed) is failed


@pytest.mark.parametrize(("steps", "name"), [((MIGRATE,), "2 of 2 (migrate)"), ((), "2 of 2 (true)")])
def test_a_list_that_was_made_shorter_has_its_last_step_or_nothing(steps: tuple[StepCommand, ...], name: str) -> None:
    late = enter(instance(), Phase.BEFORE_START, 1)
    late = changed(late, daemon=evolve(late.daemon, before_start=steps))
    assert command_of(late) == (steps[-1] if steps else StepCommand(("true",)))
    assert told(late, "is done").message == f"{name} is done"


def test_each_phase_has_an_event_of_its_own() -> None:
    words = [told(enter(instance(), phase), "").event for phase in (Phase.BEFORE_START, Phase.AFTER_STOP)]
    assert words == [EventName.BEFORE_START, EventName.AFTER_STOP]


def test_a_stop_command_knows_the_process_that_it_is_to_stop() -> None:
    life = Life.running(command(env={"A": "b"}, stop=Stop(command=("ask", "it"), timeout=3.0)))
    asks = stop_command(life.instance)
    assert (asks.command, asks.env, asks.stop) == (
        ("ask", "it"), {"A": "b", "UDAEMON_PID": "7"}, Stop(signal="TERM", timeout=3.0),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("index", "ended", "expected"),
    [(0, None, False), (0, Exit(code=0, signal=None, core=False, reason=Reason.EXITED, at=0.0), True), (1, None, True)],
)
def test_there_is_something_to_clean_up_once_a_step_was_done(index: int, ended: Exit | None, *, expected: bool) -> None:
    entered = enter(instance(), Phase.BEFORE_START, index)
    assert entered.step is not None
    assert have_run(changed(entered, step=evolve(entered.step, ended=ended))) is expected


def test_where_no_step_is_under_way_there_are_some_to_clean_up_after_or_none() -> None:
    assert [have_run(instance()), have_run(instance(before_start=()))] == [True, False]
    assert not have_run(enter(instance(), Phase.AFTER_STOP))
