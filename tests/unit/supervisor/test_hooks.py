"""Who is told of what: which notice is which event, and for whom; no process, no queue."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable

from attrs import evolve

from udaemon.child.report import Missed, RunDone, RunFailed, RunsDropped
from udaemon.engines.hooks.job import LONGEST_PAYLOAD, Job
from udaemon.manifest.hooks import ExecHook, Listeners, Webhook
from udaemon.manifest.model import Daemon, Ready
from udaemon.policy.instance import Exit, Instance, Key, State
from udaemon.policy.plan import StartPlan
from udaemon.policy.reasons import Reason
from udaemon.supervisor.hook_events import Happening, Run, named
from udaemon.supervisor.hooks import Hooks
from udaemon.supervisor.notices import Notice

PAGE, CHAT = ExecHook(exec=("bin/page",)), Webhook(webhook="https://me:pw@chat.example/T0KEN", headers={"X": "s3cret"})
EVERY = Listeners(
    start=(PAGE,), ready=(PAGE,), task_done=(PAGE, "m:f"), task_failed=(PAGE,), restart=(PAGE,), failed=(PAGE, CHAT),
    health=(PAGE,), missed=(PAGE,),
)  # fmt: skip
PLAN = StartPlan(project="shop", directory="/srv")


class FakeTells:
    """Keeps what is to be told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Job]] = []
        self.queues: set[Hashable] = set()
        self.counts: list[tuple[str, int]] = []

    def tell(self, hook: Hashable, name: str, make: Callable[[], Job]) -> None:
        self.queues.add(hook)
        self.told.append((name, make()))

    def dropped(self, hook: Hashable, name: str, count: int) -> None:
        self.counts.append((name, count))


class World:
    def __init__(self, daemon: Daemon, plan: StartPlan = PLAN) -> None:
        self.instance = Instance(daemon=daemon, index=0, state=State.RUNNING, plan=plan)
        self.tells = FakeTells()
        self.bugs: list[str] = []
        instances = {self.instance.key: self.instance}
        self.hooks = Hooks(
            self.tells, instances, wall_clock=lambda: 1000.0, bug=self.bugs.append, runs=lambda _key: Run(3, 0.5)
        )

    def notice(self, event: str, message: str = "why") -> list[tuple[str, str]]:
        self.hooks.on_notice(Notice(1000.0, self.instance.key, event, message, {}))
        return self.heard()

    def heard(self) -> list[tuple[str, str]]:
        told, self.tells.told = self.tells.told, []
        return [(name, json.loads(job.payload)["event"]) for name, job in told]


def command(**keys: object) -> Daemon:
    return Daemon(name="web", command=("serve",), on=EVERY, **keys)  # type: ignore[arg-type]


def test_each_notice_is_its_event() -> None:
    world = World(command())
    page = "hook of web, exec page"
    assert world.notice("started") == [(page, "start"), (page, "ready")]
    assert world.notice("restarting") == [(page, "restart")]
    assert world.notice("failed") == [(page, "failed"), ("hook of web, webhook https://chat.example", "failed")]
    assert world.notice("unready") == world.notice("failing") == world.notice("healthy") == [(page, "health")]
    assert world.notice("skipped") == [(page, "missed")]
    assert world.notice("exited") == world.notice("stopping") == world.notice("before-start") == []
    assert world.bugs == []


def test_one_with_a_way_to_be_ready_is_so_when_it_says_so() -> None:
    world = World(command(ready=Ready(tcp=":1")))
    assert [event for _, event in world.notice("started")] == ["start"]
    assert [event for _, event in world.notice("ready")] == ["ready"]
    task = World(Daemon(name="web", task="m:f", on=EVERY))
    assert [event for _, event in task.notice("started")] == ["start"]


def test_the_end_of_a_scheduled_command_is_the_end_of_a_run() -> None:
    good = Exit(code=0, signal=None, core=False, reason=Reason.EXITED, at=1.0)
    for end, event in ((good, "task-done"), (evolve(good, code=1), "task-failed")):
        daemon = command(cron="@daily")
        assert named("exited", Instance(daemon=daemon, index=0, state=State.WAITING, exit=end)) == (event,)
    assert named("exited", Instance(daemon=command(), index=0, state=State.EXITED, exit=good)) == ()


def test_runs_of_a_task_are_told_to_all_but_the_callables_of_its_own_process() -> None:
    world = World(Daemon(name="web", task="m:f", on=EVERY), evolve(PLAN, on=Listeners(task_done=("m:all",))))
    world.hooks.on_run(world.instance.key, RunDone(3, 999.0, 0.5, 0.0))
    assert world.heard() == [("hook of web, exec page", "task-done"), ("hook of web, m:all", "task-done")]
    world.hooks.on_run(world.instance.key, RunFailed(3, "ValueError: no"))
    ((_, job),) = world.tells.told
    assert json.loads(job.payload)["run"] == {
        "id": 3, "started_at": "1970-01-01T00:16:39.500Z", "duration": 0.5, "lateness": None, "error": "ValueError: no",
    }  # fmt: skip
    world.heard()
    world.hooks.on_run(world.instance.key, RunsDropped(7))
    assert world.tells.counts == [("hook of web, exec page", 7), ("hook of web, m:all", 7)]
    world.hooks.on_run(world.instance.key, Missed(2))
    assert world.heard() == [("hook of web, exec page", "missed")]


def test_a_hook_has_one_queue_for_all_events_of_a_daemon() -> None:
    world = World(command())
    for event in ("started", "restarting", "failed", "healthy"):
        world.notice(event)
    assert len(world.tells.queues) == 2


def test_a_command_has_the_daemons_environment_and_a_webhook_its_headers_alone() -> None:
    world = World(command(env={"A": "b"}, cwd="/w"))
    world.hooks.on_notice(Notice(1000.0, world.instance.key, "failed", "DB_PASSWORD=hunter2 is wrong", {}))
    (_, page), (_, chat) = world.tells.told
    assert (page.argv, page.cwd, page.env["A"], page.url) == (("bin/page",), "/w", "b", "")
    assert (page.env["UDAEMON_EVENT"], page.env["UDAEMON_PROJECT"]) == ("failed", "shop")
    assert (chat.argv, chat.env, chat.headers) == ((), {}, {"X": "s3cret"})
    assert not any("hunter2" in text for text in (page.payload, page.env["UDAEMON_MESSAGE"], chat.payload))


def test_what_is_told_is_never_longer_than_a_pipe() -> None:
    instance = Instance(daemon=command(), index=0, state=State.RUNNING, plan=PLAN)
    long = Happening(event="failed", instance=instance, at=0.0, message="ü" * 10_000, run=Run(1, 1.0, error="ü" * 9000))
    assert len(long.payload()) <= LONGEST_PAYLOAD
    assert json.loads(long.payload())["event"] == "failed"


def test_a_bug_in_here_costs_nobody_else_the_notice() -> None:
    world = World(command())
    world.tells.tell = None  # type: ignore[method-assign,assignment]
    world.hooks.on_notice(Notice(1000.0, world.instance.key, "started", "", {}))
    assert world.bugs == ["web/0"]


def test_what_is_about_nobody_known_is_nothing() -> None:
    world = World(command())
    world.hooks.on_notice(Notice(1000.0, None, "failed", "", {}))
    world.hooks.on_notice(Notice(1000.0, Key("other", 0), "failed", "", {}))
    world.hooks.on_run(Key("other", 0), Missed(1))
    world.hooks.on_missed(Key("other", 0), 1)
    assert world.heard() == []
