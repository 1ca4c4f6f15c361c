"""Who is told of what: each hook of a daemon in a queue of its own, and nobody where nobody wants to be."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

import pytest
from attrs import evolve
from tests.fakes.life import Life, command, factory

from udaemon.child.report import Missed, RunDone, RunFailed, RunsDropped
from udaemon.engines.hooks.job import Job
from udaemon.manifest.hooks import ExecHook, Listeners, Webhook
from udaemon.manifest.model import Daemon
from udaemon.policy.effects import EventName
from udaemon.policy.instance import Key
from udaemon.supervisor.hooks import Hooks
from udaemon.supervisor.notices import Notice

EXEC = ExecHook(exec=("/bin/notify", "-x"))
WEB = Webhook(webhook="https://user:hunter2@example.org/secret")


class World:
    """One daemon; `told` are the names of the hooks and the events that they were told."""

    def __init__(self, daemon: Daemon) -> None:
        self.instance = Life.running(daemon).instance
        self.told: list[tuple[str, str]] = []
        self.queues: list[Hashable] = []
        self.jobs: list[Job] = []
        self.drops: list[int] = []
        self.bugs: list[str] = []
        self.hooks = Hooks(self, {self.instance.key: self.instance}, wall_clock=lambda: 5.0, bug=self.bugs.append)

    def tell(self, hook: Hashable, name: str, make: Callable[[], Job]) -> None:
        job = make()
        self.jobs.append(job)
        self.queues.append(hook)
        self.told.append((name, job.env.get("UDAEMON_EVENT", "")))

    def dropped(self, hook: Hashable, name: str, count: int) -> None:
        self.drops.append(count)

    def notice(self, word: str) -> None:
        self.hooks.on_notice(Notice(5.0, self.instance.key, word, "pid 7", {}))


def on(**hooks: Any) -> Listeners:
    return Listeners(**hooks)


def test_a_hook_is_told_of_its_event_and_of_no_other() -> None:
    world = World(command(on=on(ready=(EXEC,))))
    world.notice(EventName.STARTED)
    world.notice(EventName.STOPPED)
    assert world.told == [("hook of db, exec notify", "ready")]
    [job] = world.jobs
    assert (job.argv, job.cwd, job.env["UDAEMON_NAME"]) == (EXEC.exec, "/", "db") or job.argv == EXEC.exec


def test_of_a_webhooks_url_no_secret_is_in_its_name() -> None:
    world = World(command(on=on(failed=(WEB,))))
    world.notice(EventName.FAILED)
    [(name, _)] = world.told
    assert "hunter2" not in name
    assert "secret" not in name
    assert (world.jobs[0].url, world.jobs[0].retries) == (WEB.webhook, WEB.retries)


def test_one_hook_has_one_queue_whatever_its_events() -> None:
    world = World(command(on=on(ready=(EXEC,), failed=(EXEC,))))
    world.notice(EventName.STARTED)
    world.notice(EventName.FAILED)
    assert len(world.queues) == 2
    assert len(set(world.queues)) == 1


def test_callables_that_a_tasks_own_process_calls_are_not_called_twice() -> None:
    world = World(factory(on=on(task_done=("m:f", EXEC))))
    world.hooks.on_run(world.instance.key, RunDone(3, 1.0, 0.5, 0.0))
    assert world.told == [("hook of mailer, exec notify", "task-done")]


@pytest.mark.parametrize(("report", "event"), [(RunFailed(3, "ValueError: no"), "task-failed"), (Missed(2), "missed")])
def test_what_a_task_reports_is_an_event(report: Any, event: str) -> None:
    world = World(factory(on=on(task_failed=(EXEC,), missed=(EXEC,))))
    world.hooks.on_run(world.instance.key, report)
    assert [what for _, what in world.told] == [event]


def test_events_that_a_process_could_not_report_are_counted() -> None:
    world = World(factory(on=on(task_done=(EXEC, WEB))))
    world.hooks.on_run(world.instance.key, RunsDropped(7))
    assert (world.drops, world.told) == ([7, 7], [])


def test_nobody_is_told_of_an_instance_that_is_no_more() -> None:
    world = World(command(on=on(ready=(EXEC,))))
    world.hooks.on_notice(Notice(5.0, Key("gone", 0), EventName.STARTED, "", {}))
    world.hooks.on_run(Key("gone", 0), Missed(1))
    assert (world.told, world.bugs) == ([], [])


def test_f6_a_bug_in_telling_is_reported_and_ends_nothing() -> None:
    world = World(command(on=on(ready=(EXEC,))))
    world.hooks._tells = None  # type: ignore[assignment]
    world.notice(EventName.STARTED)
    assert world.bugs == ["db/0"]
    assert evolve(world.instance) == world.instance
