"""Who is told of what: listens to notices and to reported runs, and hands events to the hooks of their daemons.

Knows no process and no network: `engines/hooks/client.py` has a queue for each hook. Where nobody wants to be told this
is a look into a dict.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable, Iterator, Mapping
from functools import partial
from typing import Protocol

from udaemon.child.environment import MARKS, interpreter, surroundings
from udaemon.child.report import Missed, RunDone, RunFailed, RunReport, RunsDropped
from udaemon.engines.hooks.call import PROGRAM
from udaemon.engines.hooks.job import Job
from udaemon.manifest.hooks import IN_CHILD, ExecHook, Hook, Webhook
from udaemon.manifest.implied import implied
from udaemon.manifest.own_instance import for_instance
from udaemon.manifest.secrets import public_url
from udaemon.policy.instance import Instance, Key
from udaemon.policy.plan import has_task
from udaemon.supervisor.hook_events import Happening, Run, named
from udaemon.supervisor.notices import Notice

_CALL_TIMEOUT = 10.0


class Tells(Protocol):
    """What has events told; `engines/hooks/client.py` is the real one."""

    def tell(self, hook: Hashable, name: str, make: Callable[[], Job]) -> None:
        """Have an event told by this hook, in its turn."""

    def dropped(self, hook: Hashable, name: str, count: int) -> None:
        """Count events of a hook that were dropped before they came here."""


class Hooks:
    """The hooks of all daemons.

    Args:
        tells: Has them told.
        instances: Every instance as it is.
        wall_clock: Seconds of wall time.
        bug: Called inside the handler of an exception, with what it belongs to.
        runs: Returns the last run of an instance, as far as it is known.
    """

    def __init__(
        self,
        tells: Tells,
        instances: Mapping[Key, Instance],
        *,
        wall_clock: Callable[[], float],
        bug: Callable[[str], None],
        runs: Callable[[Key], Run | None] = lambda _key: None,
    ) -> None:
        self._tells = tells
        self._instances = instances
        self._wall_clock = wall_clock
        self._bug = bug
        self._runs = runs

    def on_notice(self, notice: Notice) -> None:
        """Something was published."""
        if notice.key is None or (instance := self._instances.get(notice.key)) is None:
            return
        try:
            for event in named(notice.event, instance):
                if hooks := tuple(_hooks(instance, event)):
                    run = self._runs(notice.key) if event.startswith("task-") else None
                    missed = 1 if event == "missed" else None
                    said = Happening(
                        event=event, instance=instance, at=notice.at, message=notice.message, run=run, missed=missed
                    )
                    self._tell(said, hooks)
        except Exception:  # noqa: BLE001 - faults.md F6: others want to hear of this notice too
            self._bug(str(notice.key))

    def on_run(self, key: Key, report: RunReport) -> None:
        """A task's process has reported a run by itself."""
        instance = self._instances.get(key)
        if instance is None:
            return
        match report:
            case Missed(count):
                self.on_missed(key, count)
            case RunsDropped(count):
                for hook in _hooks(instance, "task-done"):
                    self._tells.dropped(_queue(instance, hook), _label(instance, hook), count)
            case RunDone():
                run = Run(report.id, report.duration, report.lateness, started=report.started)
                self._run(instance, "task-done", f"run {report.id} is done", run)
            case RunFailed(number, error):
                last = self._runs(key)
                duration = last.duration if last is not None and last.id == number else None
                self._run(instance, "task-failed", error, Run(number, duration, error=error))

    def on_missed(self, key: Key, count: int) -> None:
        """Due times that no run will serve."""
        instance = self._instances.get(key)
        if instance is None or not (hooks := tuple(_hooks(instance, "missed"))):
            return
        message = "a run was missed" if count == 1 else f"{count} runs were missed"
        said = Happening(
            event="missed", instance=instance, at=self._wall_clock(), message=message, run=None, missed=count
        )
        self._tell(said, hooks)

    def _run(self, instance: Instance, event: str, message: str, run: Run) -> None:
        if hooks := tuple(_hooks(instance, event)):
            said = Happening(event=event, instance=instance, at=self._wall_clock(), message=message, run=run)
            self._tell(said, hooks)

    def _tell(self, said: Happening, hooks: tuple[Hook, ...]) -> None:
        instance = said.instance
        for hook in hooks:
            self._tells.tell(_queue(instance, hook), _label(instance, hook), partial(_job, hook, said))


def _hooks(instance: Instance, event: str) -> Iterator[Hook]:
    """Those of its daemon, but for callables that its own process calls, and those of the manifest."""
    in_child = has_task(instance.daemon) and event.replace("-", "_") in IN_CHILD
    for hook in instance.daemon.on.of(event):
        if not (in_child and isinstance(hook, str)):
            yield hook
    yield from instance.plan.on.of(event)


def _queue(instance: Instance, hook: Hook) -> Hashable:
    """One queue for each hook of a daemon, whatever its events: it is told of them in their order."""
    if isinstance(hook, Webhook):
        return instance.daemon.name, hook.webhook, *hook.headers.items(), hook.timeout, hook.retries
    return instance.daemon.name, hook


def _label(instance: Instance, hook: Hook) -> str:
    """What it is called in a notice; of a URL no more than is no secret."""
    match hook:
        case ExecHook():
            what = f"exec {os.path.basename(hook.exec[0])}"
        case Webhook():
            what = f"webhook {public_url(hook.webhook)}"
        case _:
            what = hook
    return f"hook of {instance.daemon.name}, {what}"


def _job(hook: Hook, said: Happening) -> Job:
    """The event as the runner takes it; its number is not known here."""
    payload = said.payload()
    if isinstance(hook, Webhook):
        return Job(0, payload, timeout=hook.timeout, retries=hook.retries, url=hook.webhook, headers=dict(hook.headers))
    instance = said.instance
    daemon = for_instance(instance.daemon, instance.index)
    cwd = daemon.cwd or instance.plan.directory
    inherited = os.environ if daemon.env_inherit else {}
    env = surroundings(implied(daemon, inherited) | dict(daemon.env), cwd, inherit=daemon.env_inherit)
    marks = (instance.plan.project, daemon.name, str(instance.index), str(daemon.instances), instance.plan.context)
    env |= dict(zip(MARKS, marks, strict=True)) | said.variables()
    if isinstance(hook, ExecHook):
        return Job(0, payload, timeout=hook.timeout, argv=hook.exec, cwd=cwd, env=env)
    argv = (*interpreter(env), "-P", "-c", PROGRAM, hook, instance.plan.directory)
    return Job(0, payload, timeout=_CALL_TIMEOUT, argv=argv, cwd=cwd, env=env)
