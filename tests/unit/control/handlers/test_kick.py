"""The verb `kick`: who has a run now, who after the one that goes on, and who has none."""

from __future__ import annotations

from collections.abc import Callable

from tests.fakes.host import FakeHost
from tests.unit.control.handlers.test_pause import outcomes
from tests.unit.control.talk import Talk

from udaemon.manifest.dependencies import Condition, Dependency
from udaemon.manifest.model import Daemon
from udaemon.policy.events import Spawned, StartAsked
from udaemon.policy.instance import Key

M0, JOB = Key("mailer", 0), Key("job", 0)


def test_a_task_that_is_up_is_kicked_and_one_that_is_not_is_told_how_to_start_it(talk: Talk, host: FakeHost) -> None:
    host.run(M0, 7)
    assert outcomes(talk.ask("kick", names=["mailer"])) == [
        ("mailer/0", True, "kicked"),
        ("mailer/1", False, "is stopped: udaemon start mailer"),
    ]


def test_a_scheduled_command_runs_now_or_again(serve: Callable[..., Talk]) -> None:
    host = FakeHost(Daemon(name="job", command=("job",), cron="@daily"))
    talk = serve(host)
    host.happen(JOB, StartAsked())
    assert outcomes(talk.ask("kick")) == [("job/0", True, "kicked")]
    host.happen(JOB, Spawned(7))
    assert outcomes(talk.ask("kick")) == [("job/0", True, "runs again after the run that goes on")]


def test_a_run_that_has_to_wait_begins_when_it_may(serve: Callable[..., Talk]) -> None:
    job = Daemon(name="job", command=("job",), cron="@daily", lock=("x",))
    late = Daemon(
        name="late", command=("late",), cron="@daily", depends_on=(Dependency("job", Condition.FIRST_RUN_OK),)
    )
    host = FakeHost(job, late, Daemon(name="web", command=("web",), lock=("x",)))
    talk = serve(host)
    host.run(Key("web", 0), 7)
    host.happen(JOB, StartAsked())
    host.happen(Key("late", 0), StartAsked())
    for _ in range(2):
        assert outcomes(talk.ask("kick", names=["job", "late"])) == [
            ("job/0", True, "kicked, is waiting for lock x, held by web"),
            ("late/0", True, "kicked, is waiting for job@first-run-ok"),
        ]
